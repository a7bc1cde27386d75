//! Asks `apxs` where httpd's headers are, generates the bindings and compiles the C shim.
//!
//! Input: the environment variable `APXS` (default: the first of `apxs`, `apxs2` on PATH).
//! Output: `bindings.rs` and the static library `pyguard_shim` in `OUT_DIR`.
//! Without the feature `httpd` it does nothing.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "httpd")]
    httpd::build();
}

#[cfg(feature = "httpd")]
mod httpd {
    use std::panic::AssertUnwindSafe;
    use std::path::PathBuf;
    use std::process::{Command, exit};
    use std::{env, io};

    const HEADER: &str = "include/pyguard_httpd.h";
    const SHIM: &str = "src/httpd/shim.c";

    /// The names that the Rust side uses. What is not listed here is not generated.
    const FUNCTIONS: &[&str] = &[
        "ap_add_output_filter_handle",
        "ap_allow_options",
        "ap_bucket_(eoc|error)_create",
        "ap_check_cmd_context",
        "ap_context_(document_root|prefix)",
        "ap_core_translate",
        "ap_create_request_config",
        "ap_die",
        "ap_directory_walk",
        "ap_document_root",
        "ap_exists_config_define",
        "ap_find_command",
        "ap_find_linked_module",
        "ap_hook_(check_config|fixups|handler|insert_filter|map_to_storage|post_config|post_perdir_config|post_read_request|pre_config|quick_handler|test_config|translate_name)",
        "ap_hook_get_(access_checker|access_checker_ex|auth_checker|check_user_id|force_authn|header_parser)",
        "ap_if_walk",
        "ap_invoke_handler",
        "ap_location_walk",
        "ap_merge_per_dir_configs",
        "ap_mpm_query",
        "ap_process_request_internal",
        "ap_get_(core_module_config|module_config|server_description)",
        "ap_getword_conf",
        "ap_pass_brigade",
        "ap_regexec",
        "ap_register_output_filter",
        "ap_remove_output_filter",
        "ap_resolve_env",
        "ap_server_root_relative",
        "ap_set_(context_info|document_root|module_config)",
        "ap_state_query",
        "apr_brigade_(cleanup|create|write)",
        "apr_bucket_(flush|immortal)_create",
        "apr_(filepath_merge|fnmatch)",
        "apr_palloc",
        "apr_pool_cleanup_(null|register)",
        "apr_pool_userdata_(get|set)",
        "apr_pstrmemdup",
        "apr_sockaddr_ip_getbuf",
        "apr_table_(elts|get|set|setn|unset)",
        "apr_time_now",
        "pyguard_.*",
    ];
    const TYPES: &[&str] = &[
        "ap_LINK_access_checker_t",
        "ap_directive_t",
        "ap_filter_t",
        "apr_table_entry_t",
        "cmd_parms",
        "core_dir_config",
        "core_server_config",
        "command_rec",
        "module",
        "request_rec",
    ];
    const VARIABLES: &[&str] = &[
        "ACCESS_CONF",
        "APLOG_(CRIT|DEBUG|ERR|INFO|NOTICE|WARNING)",
        "APR_HOOK_(FIRST|MIDDLE|REALLY_FIRST|REALLY_LAST)",
        "AP_FTYPE_RESOURCE",
        "AP_MPMQ_IS_THREADED",
        "AP_SQ_.*",
        "AP_SQ_MS_.*",
        "DECLINED",
        "DONE",
        "HTTPD_ROOT",
        "HTTP_(BAD_GATEWAY|FORBIDDEN|INTERNAL_SERVER_ERROR|NOT_FOUND|OK|SERVICE_UNAVAILABLE)",
        "MODULE_MAGIC_(COOKIE|NUMBER_MAJOR|NUMBER_MINOR)",
        "M_(COPY|GET|MOVE|POST)",
        "NOT_IN_(HTACCESS|LIMIT)",
        "OK",
        "OPT_(INCLUDES|INDEXES|UNSET)",
        "PYGUARD_BUCKET_.*",
        "OR_ALL",
        "OR_FILEINFO",
        "RSRC_CONF",
        "SERVER_CONFIG_FILE",
        "ap_conn_keepalive_e.*",
        "ap_filter_type.*",
        "apr_filetype_e.*",
        "apr_read_type_e.*",
        "APR_FILEPATH_TRUENAME",
        "APR_FNM_PATHNAME",
        "ap_conftree",
        "ap_listeners",
        "ap_server_conf",
        "ap_server_root",
        "ap_top_module",
        "ap_unixd_config",
        "apr_hook_debug_current",
    ];

    pub(crate) fn build() {
        for path in [HEADER, SHIM] {
            println!("cargo:rerun-if-changed={path}");
        }
        println!("cargo:rerun-if-env-changed=APXS");
        let flags = compiler_flags(&find_apxs());
        let out =
            PathBuf::from(env::var_os("OUT_DIR").unwrap_or_else(|| fail("cargo sets no OUT_DIR")));

        let mut shim = cc::Build::new();
        shim.file(SHIM)
            .include("include")
            .warnings(true)
            .flag("-Werror=implicit-function-declaration");
        for flag in &flags {
            shim.flag(flag);
        }
        shim.compile("pyguard_shim");

        let mut bindings = bindgen::Builder::default()
            .header(HEADER)
            .clang_arg("-Iinclude")
            .clang_args(&flags)
            .default_macro_constant_type(bindgen::MacroTypeVariation::Signed)
            .blocklist_item("pyguard_module")
            .parse_callbacks(Box::new(bindgen::CargoCallbacks::new()))
            .derive_debug(false)
            .generate_comments(false)
            .layout_tests(false);
        for name in FUNCTIONS {
            bindings = bindings.allowlist_function(name);
        }
        for name in TYPES {
            bindings = bindings.allowlist_type(name);
        }
        for name in VARIABLES {
            bindings = bindings.allowlist_var(name);
        }
        // bindgen panics where libclang cannot be loaded: say what to install instead of how it panicked.
        std::panic::set_hook(Box::new(|_| {}));
        let generate = AssertUnwindSafe(move || bindings.generate());
        let generated = std::panic::catch_unwind(generate).unwrap_or_else(|_| {
            fail(
                "libclang is missing, which reads httpd's headers: install libclang-dev (Debian, Ubuntu) \
                 or clang-devel (Fedora)",
            )
        });
        match generated {
            Ok(bindings) => {
                if let Err(error) = bindings.write_to_file(out.join("bindings.rs")) {
                    fail(&format!("cannot write the bindings: {error}"));
                }
            }
            Err(error) => fail(&format!("httpd's headers could not be read: {error}")),
        }
    }

    /// The apxs to ask: `APXS` if set, else the first on PATH that runs.
    fn find_apxs() -> String {
        let candidates = match env::var("APXS") {
            Ok(chosen) if !chosen.is_empty() => vec![chosen],
            _ => vec!["apxs".to_owned(), "apxs2".to_owned()],
        };
        for apxs in &candidates {
            match Command::new(apxs).args(["-q", "INCLUDEDIR"]).output() {
                Ok(output) if output.status.success() => return apxs.clone(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(output) => fail(&format!(
                    "{apxs} -q INCLUDEDIR failed: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                )),
                Err(error) => fail(&format!("{apxs} cannot be run: {error}")),
            }
        }
        fail(&format!(
            "{} is missing, which says where httpd's headers are: install apache2-dev (Debian, Ubuntu) \
             or httpd-devel (Fedora), or name another one with APXS=/path/to/apxs",
            candidates.join(" or ")
        ))
    }

    /// What the compiler needs to read httpd's headers: include directories and definitions.
    fn compiler_flags(apxs: &str) -> Vec<String> {
        let mut flags: Vec<String> = ["INCLUDEDIR", "APR_INCLUDEDIR", "APU_INCLUDEDIR"]
            .iter()
            .filter_map(|variable| query(apxs, variable))
            .map(|directory| format!("-I{directory}"))
            .collect();
        for variable in ["CPPFLAGS", "EXTRA_CPPFLAGS"] {
            let words = query(apxs, variable).unwrap_or_default();
            // Definitions and directories only: the compiler's other flags are cargo's business.
            // _FORTIFY_SOURCE needs an optimised build and says nothing about httpd.
            flags.extend(
                words
                    .split_whitespace()
                    .filter(|word| word.starts_with("-D") || word.starts_with("-I"))
                    .filter(|word| !word.starts_with("-D_FORTIFY_SOURCE"))
                    .map(str::to_owned),
            );
        }
        flags
    }

    /// One `apxs -q`; nothing where this apxs does not know the variable.
    fn query(apxs: &str, variable: &str) -> Option<String> {
        let output = Command::new(apxs).args(["-q", variable]).output().ok()?;
        let value = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !value.is_empty()).then_some(value)
    }

    fn fail(message: &str) -> ! {
        eprintln!("mod_pyguard: {message}");
        exit(1)
    }
}
