package configs

// groupKeys are what can be set for one group, within the broker's bounds.
var groupKeys = []*Key{
	{
		Name: "consumer.assignment.interval.ms", Type: Int, Default: is("1000"), allowed: atLeast(0),
		Synonym: "group.consumer.assignment.interval.ms",
		Doc: "The least time between two computations of this consumer group's assignment, to take many members' changes in " +
			"one go.",
		Effect: assignedAtOnce,
	},
	{
		Name: "consumer.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1),
		Synonym: "group.consumer.heartbeat.interval.ms",
		Doc:     "How often the members of this consumer group send a heartbeat. The broker tells them.",
	},
	{
		Name: "consumer.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1),
		Synonym: "group.consumer.session.timeout.ms",
		Doc: "How long a member of this consumer group may be silent before it is taken for dead and its partitions go to " +
			"others.",
	},
	{
		Name: "share.assignment.interval.ms", Type: Int, Default: is("1000"), allowed: atLeast(0),
		Synonym: "group.share.assignment.interval.ms",
		Doc:     "The least time between two computations of this share group's assignment.",
		Effect:  noShare,
	},
	{
		Name: "share.auto.offset.reset", Type: String, Default: is("latest"), allowed: offsetReset,
		Doc: "Where a share group begins in a partition it has never read: latest, earliest, or by_duration: with an ISO 8601 " +
			"duration to go back that far.",
		Effect: noShare,
	},
	{
		Name: "share.delivery.count.limit", Type: Int, Default: is("5"), allowed: atLeast(2),
		Synonym: "group.share.delivery.count.limit",
		Doc:     "How often this share group tries to deliver a record before it gives the record up.",
		Effect:  noShare,
	},
	{
		Name: "share.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1),
		Synonym: "group.share.heartbeat.interval.ms",
		Doc:     "How often the members of this share group send a heartbeat.",
		Effect:  noShare,
	},
	{
		Name: "share.isolation.level", Type: String, Default: is("read_uncommitted"), allowed: oneOf("read_committed", "read_uncommitted"),
		Doc: "Whether this share group sees records of open and aborted transactions (read_uncommitted) or not " +
			"(read_committed).",
		Effect: noShare,
	},
	{
		Name: "share.partition.max.record.locks", Type: Int, Default: is("2000"), allowed: atLeast(100),
		Synonym: "group.share.partition.max.record.locks",
		Doc:     "How many records of one partition may be out with members of this share group, unacknowledged, at a time.",
		Effect:  noShare,
	},
	{
		Name: "share.record.lock.duration.ms", Type: Int, Default: is("30000"), allowed: atLeast(1000),
		Synonym: "group.share.record.lock.duration.ms",
		Doc:     "How long a member of this share group has a record to itself before the record is offered to another.",
		Effect:  noShare,
	},
	{
		Name: "share.renew.acknowledge.enable", Type: Boolean, Default: is("true"),
		Doc:    "Whether members of this share group may ask for more time with a record before their lock on it runs out.",
		Effect: noShare,
	},
	{
		Name: "share.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1),
		Synonym: "group.share.session.timeout.ms",
		Doc:     "How long a member of this share group may be silent before it is removed.",
		Effect:  noShare,
	},
	{
		Name: "streams.assignment.interval.ms", Type: Int, Default: is("1000"), allowed: atLeast(0),
		Synonym: "group.streams.assignment.interval.ms",
		Doc:     "The least time between two computations of this streams group's task assignment.",
		Effect:  noStreams,
	},
	{
		Name: "streams.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1),
		Synonym: "group.streams.heartbeat.interval.ms",
		Doc:     "How often the members of this streams group send a heartbeat.",
		Effect:  noStreams,
	},
	{
		Name: "streams.initial.rebalance.delay.ms", Type: Int, Default: is("3000"), allowed: atLeast(0),
		Synonym: "group.streams.initial.rebalance.delay.ms",
		Doc:     "How long a streams group that was empty waits for more members before it hands out tasks for the first time.",
		Effect:  noStreams,
	},
	{
		Name: "streams.num.standby.replicas", Type: Int, Default: is("0"), allowed: atLeast(0),
		Synonym: "group.streams.num.standby.replicas",
		Doc:     "How many standby copies of each stateful task this streams group keeps, ready to take over.",
		Effect:  noStreams,
	},
	{
		Name: "streams.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1),
		Synonym: "group.streams.session.timeout.ms",
		Doc:     "How long a member of this streams group may be silent before its tasks move.",
		Effect:  noStreams,
	},
}
