/// What the programs say at `--version`. All of a network have to be of one version: messages change between versions.
public let routeFlowVersion = "RouteFlow 1.0.0"
