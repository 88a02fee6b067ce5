package configs

// shareKeys are share groups (queues) and their coordinator.
var shareKeys = []*Key{
	{
		Name: "group.share.assignment.interval.ms", Type: Int, Default: is("1000"), allowed: atLeast(0),
		Doc:    "The node's default for share.assignment.interval.ms.",
		Effect: noShare,
	},
	{
		Name: "group.share.assignors", Type: List, Default: is("simple"), allowed: someElements, ReadOnly: true,
		Doc:    "The assignor of share groups. simple gives every member a fair share of the partitions.",
		Effect: noShare,
	},
	{
		Name: "group.share.delivery.count.limit", Type: Int, Default: is("5"), allowed: between(2, 10), ReadOnly: true,
		Doc:    "How often a record is delivered to share groups before it is given up, unless the group has a limit of its own.",
		Effect: noShare,
	},
	{
		Name: "group.share.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often members of share groups send a heartbeat, unless the group has a value of its own.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.assignment.interval.ms", Type: Int, Default: is("15000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The largest share.assignment.interval.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.delivery.count.limit", Type: Int, Default: is("10"), allowed: between(5, 25), ReadOnly: true,
		Doc:    "The largest share.delivery.count.limit that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.heartbeat.interval.ms", Type: Int, Default: is("15000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The largest share.heartbeat.interval.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.partition.max.record.locks", Type: Int, Default: is("4000"), allowed: between(2000, 10000), ReadOnly: true,
		Doc:    "The largest share.partition.max.record.locks that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.record.lock.duration.ms", Type: Int, Default: is("60000"), allowed: between(30000, 3600000), ReadOnly: true,
		Doc:    "The largest share.record.lock.duration.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.session.timeout.ms", Type: Int, Default: is("60000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The largest share.session.timeout.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.share.sessions", Type: Int, Default: is("2000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many share sessions the broker remembers.",
		Effect: noShare,
	},
	{
		Name: "group.share.max.size", Type: Int, Default: is("200"), allowed: between(1, 1000), ReadOnly: true,
		Doc:    "How many members one share group may have.",
		Effect: noShare,
	},
	{
		Name: "group.share.min.assignment.interval.ms", Type: Int, Default: is("0"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The smallest share.assignment.interval.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.min.delivery.count.limit", Type: Int, Default: is("2"), allowed: between(2, 5), ReadOnly: true,
		Doc:    "The smallest share.delivery.count.limit that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.min.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The smallest share.heartbeat.interval.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.min.partition.max.record.locks", Type: Int, Default: is("100"), allowed: between(100, 2000), ReadOnly: true,
		Doc:    "The smallest share.partition.max.record.locks that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.min.record.lock.duration.ms", Type: Int, Default: is("15000"), allowed: between(1000, 30000), ReadOnly: true,
		Doc:    "The smallest share.record.lock.duration.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.min.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The smallest share.session.timeout.ms that a group may set.",
		Effect: noShare,
	},
	{
		Name: "group.share.partition.max.record.locks", Type: Int, Default: is("2000"), allowed: between(100, 10000), ReadOnly: true,
		Doc:    "How many records of a partition may be locked by one share group, unless the group has a value of its own.",
		Effect: noShare,
	},
	{
		Name: "group.share.record.lock.duration.ms", Type: Int, Default: is("30000"), allowed: between(1000, 3600000), ReadOnly: true,
		Doc:    "How long a member of a share group keeps a record locked, unless the group has a value of its own.",
		Effect: noShare,
	},
	{
		Name: "group.share.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long members of share groups may be silent before they are removed, unless the group has a value of its own.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.append.linger.ms", Type: Int, Default: is("-1"), allowed: atLeast(-1), ReadOnly: true,
		Doc: "How long the share coordinator gathers writes before it appends them. -1 lets it adapt to the load, 0 appends at " +
			"once.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.cached.buffer.max.bytes", Type: Int, Default: is("1048588"), allowed: atLeast(524288),
		Doc:    "The largest append buffer that the share coordinator keeps for the next time.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.load.buffer.size", Type: Int, Default: is("5242880"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many bytes are read at a time when a share coordinator loads its state.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.snapshot.update.records.per.snapshot", Type: Int, Default: is("500"), allowed: between(0, 500), ReadOnly: true,
		Doc:    "How many changes of a share partition's state are written before the whole state is written again.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.state.topic.compression.codec", Type: Int, Default: is("0"), ReadOnly: true,
		Doc:    "The codec of the share state topic by its number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.state.topic.min.isr", Type: Short, Default: is("2"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The min.insync.replicas of the share state topic.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.state.topic.num.partitions", Type: Int, Default: is("50"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many partitions the share state topic is created with. The number can't change later.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.state.topic.replication.factor", Type: Short, Default: is("3"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many replicas the share state topic is created with.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.state.topic.segment.bytes", Type: Int, Default: is("104857600"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The segment size of the share state topic.",
		Effect: noShare,
	},
	{
		Name: "share.coordinator.threads", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many threads run the share coordinator.",
		Effect: goroutines,
	},
	{
		Name: "share.coordinator.write.timeout.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long the share coordinator waits for the replicas of its state topic to have a write.",
		Effect: noShare,
	},
}
