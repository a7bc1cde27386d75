document.documentElement.classList.add("ready");
//# sourceMappingURL=app.js.map
