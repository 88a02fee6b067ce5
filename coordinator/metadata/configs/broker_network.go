package configs

// networkKeys are listeners, connections and requests.
var networkKeys = []*Key{
	{
		Name: "advertised.listeners", Type: List, allowed: listenerAddresses, ReadOnly: true,
		Doc: "The addresses that clients are told to connect to, as NAME://host:port, where they differ from listeners, as " +
			"behind NAT, in containers and in clouds.",
		Effect: "Said with --kafka-advertise when the node starts. There is no TLS or SASL yet, so PLAINTEXT only.",
	},
	{
		Name: "connection.failed.authentication.delay.ms", Type: Int, Default: is("100"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How long the answer to a failed login is held back, which slows down guessing.",
		Effect: noSASL,
	},
	{
		Name: "connections.max.idle.ms", Type: Long, Default: is("600000"), ReadOnly: true,
		Doc: "How long a connection may be idle before the broker closes it.",
	},
	{
		Name: "early.start.listeners", Type: List, allowed: anyElements, ReadOnly: true,
		Doc:    "The listeners that open before authorisation is ready.",
		Effect: "Accepted; has no effect here: every listener opens when the node is ready to serve.",
	},
	{
		Name: "fetch.max.bytes", Type: Int, Default: is("57671680"), allowed: atLeast(1024), ReadOnly: true,
		Doc: "The most bytes that one fetch answer may carry, however much the consumer asks for. A first batch that is larger " +
			"is still sent whole, so that consumers get on.",
	},
	{
		Name: "inter.broker.listener.name", Type: String, ReadOnly: true,
		Doc:    "The listener by which brokers talk to each other.",
		Effect: ownLinks,
	},
	{
		Name: "listener.security.protocol.map", Type: String, Default: is("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"), allowed: protocolMap, PerNode: true,
		Doc: "The security protocol of each listener, as NAME:PROTOCOL pairs. It lets two listeners with the same protocol " +
			"differ, as for an inner and an outer network.",
		Effect: "Accepted; has no effect here: there is no TLS or SASL yet, so every listener is PLAINTEXT.",
	},
	{
		Name: "listeners", Type: List, Default: is("PLAINTEXT://:9092"), allowed: listenerAddresses, PerNode: true,
		Doc: "The addresses on which the broker listens for Kafka clients, as NAME://host:port. An empty host means all of the " +
			"machine's addresses.",
		Effect: "Said with --kafka when the node starts; a dynamic change is kept and not used. There is no TLS or SASL yet, so PLAINTEXT only.",
	},
	{
		Name: "max.connection.creation.rate", Type: Int, Default: is("2147483647"), allowed: atLeast(0),
		Doc:    "How many new connections per second the broker accepts.",
		Effect: noQuotas,
	},
	{
		Name: "max.connections", Type: Int, Default: is("2147483647"), allowed: atLeast(0),
		Doc: "How many connections the broker holds open, on all its listeners together. One more is closed as soon as it is " +
			"accepted.",
		Effect: fromStart,
	},
	{
		Name: "max.connections.per.ip", Type: Int, Default: is("2147483647"), allowed: atLeast(0),
		Doc:    "How many connections one client address may hold open. One more is closed as soon as it is accepted.",
		Effect: fromStart,
	},
	{
		Name: "max.connections.per.ip.overrides", Type: String, Default: is(""), allowed: addressCounts,
		Doc:    "Addresses with a limit of their own beside max.connections.per.ip, as host:count pairs.",
		Effect: "Accepted; has no effect here: max.connections.per.ip holds for every address.",
	},
	{
		Name: "max.incremental.fetch.session.cache.slots", Type: Int, Default: is("1000"), allowed: atLeast(0), ReadOnly: true,
		Doc: "How many fetch sessions the broker remembers. A consumer without a session repeats its partitions in each " +
			"request.",
	},
	{
		Name: "num.io.threads", Type: Int, Default: is("8"), allowed: atLeast(1),
		Doc:    "How many threads carry out requests, disk access included.",
		Effect: goroutines,
	},
	{
		Name: "num.network.threads", Type: Int, Default: is("3"), allowed: atLeast(1),
		Doc:    "How many threads per listener read requests off the network and write answers to it.",
		Effect: goroutines,
	},
	{
		Name: "queued.max.request.bytes", Type: Long, Default: is("-1"), ReadOnly: true,
		Doc: "How many bytes of requests may wait to be carried out before the broker stops reading from its connections. -1 " +
			"sets no limit.",
		Effect: ownBudget,
	},
	{
		Name: "queued.max.requests", Type: Int, Default: is("500"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many requests may wait for a thread before the network threads stop reading.",
		Effect: ownBudget,
	},
	{
		Name: "request.timeout.ms", Type: Int, Default: is("30000"), ReadOnly: true,
		Doc:    "How long the broker waits for another broker to answer one of its requests.",
		Effect: "Accepted; has no effect here: brokers don't send each other Kafka requests, and clients set their own timeouts.",
	},
	{
		Name: "socket.connection.setup.timeout.max.ms", Type: Long, Default: is("30000"), ReadOnly: true,
		Doc:    "The ceiling to which the time for setting up a connection between brokers grows after failures.",
		Effect: ownLinks,
	},
	{
		Name: "socket.connection.setup.timeout.ms", Type: Long, Default: is("10000"), ReadOnly: true,
		Doc:    "How long a broker waits for a connection to another broker to stand.",
		Effect: ownLinks,
	},
	{
		Name: "socket.listen.backlog.size", Type: Int, Default: is("50"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many connections may wait to be accepted on a listener.",
		Effect: "Accepted; has no effect here: the listen queue is as long as the system allows (net.core.somaxconn).",
	},
	{
		Name: "socket.receive.buffer.bytes", Type: Int, Default: is("102400"), ReadOnly: true,
		Doc:    "The size of the system's receive buffer (SO_RCVBUF) of a client connection. -1 leaves it to the system.",
		Effect: kernelSockets,
	},
	{
		Name: "socket.request.max.bytes", Type: Int, Default: is("104857600"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The largest request that is read. A client that announces a larger one is disconnected, as it may not be " +
			"speaking Kafka's protocol at all.",
	},
	{
		Name: "socket.send.buffer.bytes", Type: Int, Default: is("102400"), ReadOnly: true,
		Doc:    "The size of the system's send buffer (SO_SNDBUF) of a client connection. -1 leaves it to the system.",
		Effect: kernelSockets,
	},
	{
		Name: "fetch.purgatory.purge.interval.requests", Type: Int, Default: is("1000"), ReadOnly: true,
		Doc:    "How many finished fetches may lie about in the waiting room before it is swept.",
		Effect: noPurgatory,
	},
	{
		Name: "producer.purgatory.purge.interval.requests", Type: Int, Default: is("1000"), ReadOnly: true,
		Doc:    "How many finished produces may lie about in the waiting room before it is swept.",
		Effect: noPurgatory,
	},
	{
		Name: "delete.records.purgatory.purge.interval.requests", Type: Int, Default: is("1"), ReadOnly: true,
		Doc:    "How many finished DeleteRecords may lie about in the waiting room before it is swept.",
		Effect: noPurgatory,
	},
	{
		Name: "share.fetch.purgatory.purge.interval.requests", Type: Int, Default: is("1000"), ReadOnly: true,
		Doc:    "How many finished share fetches may lie about in the waiting room before it is swept.",
		Effect: noPurgatory,
	},
}
