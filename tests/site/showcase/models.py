# SECRET-showcase-models: what a model really costs
COST = {"Roadster": 210}
