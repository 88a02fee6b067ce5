package configs

// replicationKeys are copying partitions between nodes, quotas on it and on clients.
var replicationKeys = []*Key{
	{
		Name: "alter.log.dirs.replication.quota.window.num", Type: Int, Default: is("11"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many windows the quota on moving replicas between directories is measured over.",
		Effect: noQuotas,
	},
	{
		Name: "alter.log.dirs.replication.quota.window.size.seconds", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long one window of the quota on moving replicas between directories is.",
		Effect: noQuotas,
	},
	{
		Name: "auto.leader.rebalance.enable", Type: Boolean, Default: is("true"), ReadOnly: true,
		Doc:    "Whether leadership goes back to the preferred replica of a partition by itself.",
		Effect: raftLeads,
	},
	{
		Name: "client.quota.callback.class", Type: Class, ReadOnly: true,
		Doc:    "A plug-in that decides which quota a client falls under.",
		Effect: noJVM,
	},
	{
		Name: "controller.quota.window.num", Type: Int, Default: is("11"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many windows the quota on creating and deleting partitions is measured over.",
		Effect: noQuotas,
	},
	{
		Name: "controller.quota.window.size.seconds", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long one window of the quota on creating and deleting partitions is.",
		Effect: noQuotas,
	},
	{
		Name: "follower.replication.throttled.rate", Type: Long, allowed: atLeast(0), whenSet: true,
		Doc: "The bytes per second of logs' files that a node sends and asks for when replicas move or have fallen behind. It is " +
			"read when the node starts, and holds for all replicas; the entries of replicas that keep up are not throttled.",
	},
	{
		Name: "leader.imbalance.check.interval.seconds", Type: Long, Default: is("300"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often the controller looks for leaders that are not the preferred replica.",
		Effect: raftLeads,
	},
	{
		Name: "leader.replication.throttled.rate", Type: Long, allowed: atLeast(0), whenSet: true,
		Doc: "The bytes per second at which a node sends copies of the replicas in leader.replication.throttled.replicas. It " +
			"is set dynamically only.",
		Effect: noThrottle,
	},
	{
		Name: "num.replica.fetchers", Type: Int, Default: is("1"), allowed: atLeast(1),
		Doc:    "How many threads fetch from each other broker. More of them copy more partitions at the same time.",
		Effect: raftReplicates,
	},
	{
		Name: "quota.window.num", Type: Int, Default: is("11"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many windows a client's quota is measured over.",
		Effect: noQuotas,
	},
	{
		Name: "quota.window.size.seconds", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long one window of a client's quota is.",
		Effect: noQuotas,
	},
	{
		Name: "replica.alter.log.dirs.io.max.bytes.per.second", Type: Long, allowed: atLeast(0), whenSet: true,
		Doc:    "The bytes per second that moving replicas between directories may take. It is set dynamically only.",
		Effect: "Accepted; has no effect here: a node has one data directory, so replicas don't move between directories.",
	},
	{
		Name: "replica.fetch.backoff.ms", Type: Int, Default: is("1000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How long a follower leaves a partition alone after fetching from its leader failed.",
		Effect: raftReplicates,
	},
	{
		Name: "replica.fetch.max.bytes", Type: Int, Default: is("1048576"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How many bytes of one partition a follower asks for at a time.",
		Effect: raftReplicates,
	},
	{
		Name: "replica.fetch.min.bytes", Type: Int, Default: is("1"), ReadOnly: true,
		Doc:    "How many bytes a follower's fetch waits for before it is answered.",
		Effect: raftReplicates,
	},
	{
		Name: "replica.fetch.response.max.bytes", Type: Int, Default: is("10485760"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How many bytes, over all partitions, one answer to a follower carries.",
		Effect: raftReplicates,
	},
	{
		Name: "replica.fetch.wait.max.ms", Type: Int, Default: is("500"), ReadOnly: true,
		Doc:    "The longest time that a follower's fetch waits at the leader for new records.",
		Effect: raftReplicates,
	},
	{
		Name: "replica.high.watermark.checkpoint.interval.ms", Type: Long, Default: is("5000"), ReadOnly: true,
		Doc:    "How often high watermarks are written to disk.",
		Effect: "Accepted; has no effect here: the high watermark is raft's commit index, which is found again at start.",
	},
	{
		Name: "replica.lag.time.max.ms", Type: Long, Default: is("30000"), ReadOnly: true,
		Doc: "How long a follower may be behind before it no longer counts as in sync.",
		Effect: "Accepted; has no effect here: which replicas count as in sync is told by how far behind the leader's log they " +
			"are.",
	},
	{
		Name: "replica.selector.class", Type: String, ReadOnly: true,
		Doc:    "A plug-in that chooses which replica a consumer reads from, as one in its rack.",
		Effect: "org.apache.kafka.common.replica.RackAwareReplicaSelector sends consumers to a replica in their rack; with any other class they stay at the leader.",
	},
	{
		Name: "replica.socket.receive.buffer.bytes", Type: Int, Default: is("65536"), ReadOnly: true,
		Doc:    "The receive buffer of a follower's connection to its leader.",
		Effect: ownLinks,
	},
	{
		Name: "replica.socket.timeout.ms", Type: Int, Default: is("30000"), ReadOnly: true,
		Doc:    "The socket timeout of a follower's requests to its leader.",
		Effect: ownLinks,
	},
	{
		Name: "replication.quota.window.num", Type: Int, Default: is("11"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many windows the replication throttles are measured over.",
		Effect: noQuotas,
	},
	{
		Name: "replication.quota.window.size.seconds", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long one window of the replication throttles is.",
		Effect: noQuotas,
	},
}
