package configs

// nodeKeys are who the node is, what it runs, how it is measured.
var nodeKeys = []*Key{
	{
		Name: "background.threads", Type: Int, Default: is("10"), allowed: atLeast(1),
		Doc:    "How many threads do the chores that no client waits for.",
		Effect: goroutines,
	},
	{
		Name: "broker.id", Type: Int, Default: is("-1"), ReadOnly: true,
		Doc:    "The older name of node.id. -1 stands for not set.",
		Effect: "Always says what node.id says, which is the one that counts.",
	},
	{
		Name: "broker.rack", Type: String, ReadOnly: true,
		Doc: "The rack, zone or room that the node stands in. Replicas of a partition are spread over racks, and clients are " +
			"told, so that they can read nearby.",
	},
	{
		Name: "config.providers", Type: List, Default: is(""), allowed: anyElements,
		Doc:    "Plug-ins that fill in ${provider:path:key} placeholders in configs, as from a vault.",
		Effect: noJVM,
	},
	{
		Name: "controlled.shutdown.enable", Type: Boolean, Default: is("true"), ReadOnly: true,
		Doc:    "Whether a node that stops first moves the leadership of its partitions elsewhere.",
		Effect: "Accepted; has no effect here: a node that is told to stop always answers what is in flight, syncs and closes its logs first.",
	},
	{
		Name: "initial.broker.registration.timeout.ms", Type: Int, Default: is("60000"), ReadOnly: true,
		Doc:    "How long a starting node tries to register with the controller before it gives up.",
		Effect: "Accepted; has no effect here: a node keeps trying to register until it is stopped.",
	},
	{
		Name: "kafka.metrics.polling.interval.secs", Type: Int, Default: is("10"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often the reporters in kafka.metrics.reporters collect.",
		Effect: ownMetrics,
	},
	{
		Name: "kafka.metrics.reporters", Type: List, Default: is(""), allowed: anyElements, ReadOnly: true,
		Doc:    "The reporters for metrics of the older, Yammer kind.",
		Effect: ownMetrics,
	},
	{
		Name: "metric.reporters", Type: List, Default: is("org.apache.kafka.common.metrics.JmxReporter"), allowed: anyElements,
		Doc:    "The classes that are told of every metric and can send it on.",
		Effect: ownMetrics,
	},
	{
		Name: "metrics.num.samples", Type: Int, Default: is("2"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many windows a rate or an average is computed over.",
		Effect: ownMetrics,
	},
	{
		Name: "metrics.recording.level", Type: String, Default: is("INFO"), ReadOnly: true,
		Doc:    "How detailed the recorded metrics are: INFO, DEBUG or TRACE.",
		Effect: ownMetrics,
	},
	{
		Name: "metrics.sample.window.ms", Type: Long, Default: is("30000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long one of the windows is that a rate or an average is computed over.",
		Effect: ownMetrics,
	},
	{
		Name: "node.id", Type: Int, allowed: atLeast(0), ReadOnly: true,
		Doc: "The number that names the node in its cluster. Each node has another one, and keeps it for ever; its data " +
			"directory remembers it.",
	},
	{
		Name: "process.roles", Type: List, allowed: someElementsOf("broker", "controller"), ReadOnly: true,
		Doc:    "Whether the process is a broker, a controller or both.",
		Effect: "Accepted; has no effect here: every node is a broker and a controller.",
	},
	{
		Name: "telemetry.max.bytes", Type: Int, Default: is("1048576"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The largest report of its own metrics that a client may push.",
		Effect: "Accepted; has no effect here: clients are not asked to push their metrics.",
	},
	{
		Name: "unclean.leader.election.enable", Type: Boolean, Default: is("false"),
		Doc:    "The node's default for topics: whether a replica that lacks committed records may lead when no other is left.",
		Effect: noUnclean,
	},
}
