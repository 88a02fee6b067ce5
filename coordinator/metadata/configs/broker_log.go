package configs

// logKeys are what topics do with their records unless they say otherwise, and where logs lie.
var logKeys = []*Key{
	{
		Name: "compression.gzip.level", Type: Int, Default: is("-1"), allowed: betweenOr(1, 9, -1),
		Doc: "The gzip level of topics that don't set their own compression.gzip.level.",
	},
	{
		Name: "compression.lz4.level", Type: Int, Default: is("9"), allowed: between(1, 17),
		Doc:    "The lz4 level of topics that don't set their own compression.lz4.level.",
		Effect: lz4Steps,
	},
	{
		Name: "compression.type", Type: String, Default: is("producer"), allowed: oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
		Doc: "The codec that topics are stored with unless they choose one; producer keeps each batch as its producer made it.",
	},
	{
		Name: "compression.zstd.level", Type: Int, Default: is("3"), allowed: between(-131072, 22),
		Doc:    "The zstd level of topics that don't set their own compression.zstd.level.",
		Effect: zstdSteps,
	},
	{
		Name: "log.cleanup.policy", Type: List, Default: is("delete"), allowed: elementsOf("compact", "delete"),
		Doc:    "The cleanup.policy of topics that don't set one: delete, compact, both, or an empty list to keep everything.",
		Effect: "Deletion works as in Kafka. Topics with compact keep all their records: there is no compaction yet.",
	},
	{
		Name: "log.dir", Type: List, Default: is("/tmp/kafka-logs"), allowed: someElements, ReadOnly: true,
		Doc:    "The directory for logs where log.dirs is not set.",
		Effect: "Accepted; has no effect here: the data directory is said with --data when the node starts.",
	},
	{
		Name: "log.dirs", Type: List, allowed: someElements, ReadOnly: true,
		Doc:    "The directories in which the logs of partitions lie.",
		Effect: "Said with --data when the node starts. There is one directory.",
	},
	{
		Name: "log.dir.failure.timeout.ms", Type: Long, Default: is("30000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long a node that lost a log directory goes on if it can't tell the controller.",
		Effect: "Accepted; has no effect here: a node has one data directory and stops serving at once when it fails.",
	},
	{
		Name: "cordoned.log.dirs", Type: List, Default: is(""), allowed: anyElements, PerNode: true,
		Doc:    "The log directories in which no new partitions are placed.",
		Effect: "Accepted; has no effect here: a node has one data directory.",
	},
	{
		Name: "log.flush.interval.messages", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(1),
		Doc:    "The node's default for flush.messages: records written to a log between two syncs.",
		Effect: alwaysSynced,
	},
	{
		Name: "log.flush.interval.ms", Type: Long,
		Doc:    "The node's default for flush.ms. Where it is not set, log.flush.scheduler.interval.ms is taken.",
		Effect: alwaysSynced,
	},
	{
		Name: "log.flush.offset.checkpoint.interval.ms", Type: Int, Default: is("60000"), allowed: atLeast(0), ReadOnly: true,
		Doc: "How often the file that says how far each log is known to be on disk is rewritten.",
		Effect: "Accepted; has no effect here: each group commit notes how far logs are synced, so there is no checkpoint file to " +
			"rewrite.",
	},
	{
		Name: "log.flush.scheduler.interval.ms", Type: Long, Default: is("9223372036854775807"), ReadOnly: true,
		Doc:    "How often a background task looks for logs that are due for a sync.",
		Effect: alwaysSynced,
	},
	{
		Name: "log.flush.start.offset.checkpoint.interval.ms", Type: Int, Default: is("60000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How often the file with the logs' start offsets is rewritten.",
		Effect: "Accepted; has no effect here: the log start offset moves by a committed entry of the log itself.",
	},
	{
		Name: "log.index.interval.bytes", Type: Int, Default: is("4096"), allowed: atLeast(0),
		Doc:    "The node's default for index.interval.bytes, the bytes of log between two index entries.",
		Effect: ownIndexes,
	},
	{
		Name: "log.index.size.max.bytes", Type: Int, Default: is("10485760"), allowed: atLeast(4),
		Doc:    "The node's default for segment.index.bytes, the most room for one segment's offset index.",
		Effect: ownIndexes,
	},
	{
		Name: "log.message.timestamp.after.max.ms", Type: Long, Default: is("3600000"), allowed: atLeast(0),
		Doc: "How far ahead of the broker's clock timestamps may be, in topics that don't set message.timestamp.after.max.ms.",
	},
	{
		Name: "log.message.timestamp.before.max.ms", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(0),
		Doc: "How far behind the broker's clock timestamps may be, in topics that don't set message.timestamp.before.max.ms.",
	},
	{
		Name: "log.message.timestamp.type", Type: String, Default: is("CreateTime"), allowed: oneOf("CreateTime", "LogAppendTime"),
		Doc: "Whose clock stamps records, CreateTime or LogAppendTime, in topics that don't set message.timestamp.type.",
	},
	{
		Name: "log.preallocate", Type: Boolean, Default: is("false"),
		Doc:    "The node's default for preallocate: whether new segment files get their full size at once.",
		Effect: ownFiles,
	},
	{
		Name: "log.retention.bytes", Type: Long, Default: is("-1"),
		Doc: "How large a partition may grow in topics without a retention.bytes of their own. -1 sets no limit.",
	},
	{
		Name: "log.retention.check.interval.ms", Type: Long, Default: is("300000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How often the node looks for log files that retention allows it to drop.",
	},
	{
		Name: "log.retention.hours", Type: Int, Default: is("168"), allowed: unlimitedOr(1), ReadOnly: true,
		Doc: "How long records are kept, in hours, unless log.retention.minutes or log.retention.ms say it more finely. " +
			"Negative means for ever.",
	},
	{
		Name: "log.retention.minutes", Type: Int, allowed: unlimitedOr(1), ReadOnly: true,
		Doc: "How long records are kept, in minutes. It beats log.retention.hours and yields to log.retention.ms. Negative " +
			"means for ever.",
	},
	{
		Name: "log.retention.ms", Type: Long, allowed: unlimitedOr(1),
		Doc: "How long records are kept in topics without a retention.ms of their own. It beats log.retention.minutes and " +
			"log.retention.hours, and unlike them can be changed while the node runs. -1 means for ever.",
	},
	{
		Name: "log.roll.hours", Type: Int, Default: is("168"), allowed: atLeast(1), ReadOnly: true,
		Doc: "The age at which a segment file is closed, in hours, unless log.roll.ms is set.",
	},
	{
		Name: "log.roll.jitter.hours", Type: Int, Default: is("0"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The random time by which rolling by age is hastened, in hours, unless log.roll.jitter.ms is set.",
		Effect: noJitter,
	},
	{
		Name: "log.roll.jitter.ms", Type: Long, allowed: atLeast(0),
		Doc:    "The random time by which rolling by age is hastened, in milliseconds. It beats log.roll.jitter.hours.",
		Effect: noJitter,
	},
	{
		Name: "log.roll.ms", Type: Long, allowed: atLeast(1),
		Doc: "The age at which a segment file is closed in topics without a segment.ms of their own. It beats log.roll.hours.",
	},
	{
		Name: "log.segment.bytes", Type: Int, Default: is("1073741824"), allowed: atLeast(1048576),
		Doc:    "The size at which a segment file is full, in topics without a segment.bytes of their own.",
		Effect: smallerFiles,
	},
	{
		Name: "log.segment.delete.delay.ms", Type: Long, Default: is("60000"), allowed: atLeast(0),
		Doc:    "The node's default for file.delete.delay.ms, the time that a dropped file stays on disk.",
		Effect: deletedAtNextCheck,
	},
	{
		Name: "log.write.caching", Type: Boolean, Default: is("false"),
		Doc: "Our own: the write.caching of topics that don't set one. Leave it false unless every topic can lose its last " +
			"moments.",
	},
	{
		Name: "message.max.bytes", Type: Int, Default: is("1048588"), allowed: atLeast(0),
		Doc: "The largest record batch, in bytes as it arrives, in topics without a max.message.bytes of their own.",
	},
	{
		Name: "min.insync.replicas", Type: Int, Default: is("1"), allowed: atLeast(1),
		Doc: "How many caught-up replicas acks=all asks for in topics that don't say so themselves. Change it for all nodes " +
			"alike.",
	},
	{
		Name: "num.recovery.threads.per.data.dir", Type: Int, Default: is("2"), allowed: atLeast(1),
		Doc:    "How many threads per data directory read logs through at start and close them at stop.",
		Effect: goroutines,
	},
	{
		Name: "num.replica.alter.log.dirs.threads", Type: Int, ReadOnly: true,
		Doc:    "How many threads move replicas from one of the node's directories to another.",
		Effect: "Accepted; has no effect here: a node has one data directory, so replicas don't move between directories.",
	},
}
