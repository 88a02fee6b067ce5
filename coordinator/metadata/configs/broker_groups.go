package configs

// groupCoordinatorKeys are consumer groups of both protocols, and the offsets they commit.
var groupCoordinatorKeys = []*Key{
	{
		Name: "group.consumer.assignment.interval.ms", Type: Int, Default: is("1000"), allowed: atLeast(0),
		Doc: "The node's default for consumer.assignment.interval.ms: the least time between two assignments of a consumer " +
			"group.",
		Effect: assignedAtOnce,
	},
	{
		Name: "group.consumer.assignors", Type: List, Default: is("uniform,range"), allowed: someElements, ReadOnly: true,
		Doc: "The assignors that the broker offers to consumer groups, the default one first: uniform spreads partitions " +
			"evenly, range keeps those of different topics with the same number together.",
	},
	{
		Name: "group.consumer.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How often members of consumer groups send a heartbeat, unless the group has a value of its own.",
	},
	{
		Name: "group.consumer.max.assignment.interval.ms", Type: Int, Default: is("15000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The largest consumer.assignment.interval.ms that a group may set.",
		Effect: assignedAtOnce,
	},
	{
		Name: "group.consumer.max.heartbeat.interval.ms", Type: Int, Default: is("15000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The largest consumer.heartbeat.interval.ms that a group may set.",
	},
	{
		Name: "group.consumer.max.session.timeout.ms", Type: Int, Default: is("60000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The largest consumer.session.timeout.ms that a group may set.",
	},
	{
		Name: "group.consumer.max.size", Type: Int, Default: is("2147483647"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How many members one consumer group may have.",
	},
	{
		Name: "group.consumer.migration.policy", Type: String, Default: is("bidirectional"), allowed: oneOfAnyCase("DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"), ReadOnly: true,
		Doc: "Whether a group may change between the classic and the consumer protocol while it runs: upgrade, downgrade, " +
			"bidirectional, or disabled.",
	},
	{
		Name: "group.consumer.min.assignment.interval.ms", Type: Int, Default: is("0"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The smallest consumer.assignment.interval.ms that a group may set.",
		Effect: assignedAtOnce,
	},
	{
		Name: "group.consumer.min.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The smallest consumer.heartbeat.interval.ms that a group may set.",
	},
	{
		Name: "group.consumer.min.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The smallest consumer.session.timeout.ms that a group may set.",
	},
	{
		Name: "group.consumer.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How long members of consumer groups may be silent before they are removed, unless the group has a value of its " +
			"own.",
	},
	{
		Name: "group.coordinator.append.linger.ms", Type: Int, Default: is("-1"), allowed: atLeast(-1), ReadOnly: true,
		Doc: "How long the group coordinator gathers writes before it appends them. -1 lets it adapt to the load, 0 appends at " +
			"once.",
		Effect: ownGroupLog,
	},
	{
		Name: "group.coordinator.background.threads", Type: Int, Default: is("2"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many threads do the group coordinator's heavier work, such as resolving topic patterns.",
		Effect: goroutines,
	},
	{
		Name: "group.coordinator.cached.buffer.max.bytes", Type: Int, Default: is("1048588"), allowed: atLeast(524288),
		Doc:    "The largest append buffer that the group coordinator keeps for the next time.",
		Effect: ownGroupLog,
	},
	{
		Name: "group.coordinator.rebalance.protocols", Type: List, Default: is("classic,consumer,streams"), allowed: someElementsOf("consumer", "classic", "share", "streams"), ReadOnly: true,
		Doc:    "The group protocols that the coordinator speaks.",
		Effect: allGroupProtocols,
	},
	{
		Name: "group.coordinator.threads", Type: Int, Default: is("4"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many threads run the group coordinator.",
		Effect: goroutines,
	},
	{
		Name: "group.initial.rebalance.delay.ms", Type: Int, Default: is("3000"), ReadOnly: true,
		Doc: "How long a classic group that was empty waits for more members to join before its first rebalance. A longer wait " +
			"saves rebalances at start and delays the first record.",
	},
	{
		Name: "group.max.session.timeout.ms", Type: Int, Default: is("1800000"), ReadOnly: true,
		Doc: "The longest session timeout that a member of a classic group may ask for.",
	},
	{
		Name: "group.max.size", Type: Int, Default: is("2147483647"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How many members one classic group may have.",
	},
	{
		Name: "group.min.session.timeout.ms", Type: Int, Default: is("6000"), ReadOnly: true,
		Doc: "The shortest session timeout that a member of a classic group may ask for. Shorter ones find failures sooner and " +
			"cost more heartbeats.",
	},
	{
		Name: "offset.metadata.max.bytes", Type: Int, Default: is("4096"), ReadOnly: true,
		Doc: "The longest text that a consumer may attach to a committed offset.",
	},
	{
		Name: "offsets.commit.timeout.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long an offset commit waits for the replicas of the offsets topic.",
		Effect: ownGroupLog,
	},
	{
		Name: "offsets.load.buffer.size", Type: Int, Default: is("5242880"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many bytes are read at a time when a coordinator loads offsets.",
		Effect: ownGroupLog,
	},
	{
		Name: "offsets.retention.check.interval.ms", Type: Long, Default: is("600000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How often expired offsets are looked for.",
	},
	{
		Name: "offsets.retention.minutes", Type: Int, Default: is("10080"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How long committed offsets are kept after their group became empty, or after the commit for consumers without a " +
			"group.",
	},
	{
		Name: "offsets.topic.compression.codec", Type: Int, Default: is("0"), ReadOnly: true,
		Doc:    "The codec of the offsets topic by its number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.",
		Effect: ownGroupLog,
	},
	{
		Name: "offsets.topic.num.partitions", Type: Int, Default: is("50"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How many partitions the offsets topic is created with. Groups are spread over them, and the number can't change " +
			"later.",
	},
	{
		Name: "offsets.topic.replication.factor", Type: Short, Default: is("3"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How many replicas the offsets topic is created with.",
	},
	{
		Name: "offsets.topic.segment.bytes", Type: Int, Default: is("104857600"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The segment size of the offsets topic. Small segments are compacted and loaded sooner.",
	},
}
