package configs

// topicKeys are what a topic's owner can set.
var topicKeys = []*Key{
	{
		Name: "cleanup.policy", Type: List, Default: is("delete"), allowed: elementsOf("compact", "delete"),
		Synonym: "log.cleanup.policy",
		Doc: "What happens to old records. delete drops them by age and size (retention.ms, retention.bytes), compact keeps " +
			"the newest record of each key, both together do both, and an empty list keeps everything for ever.",
		Effect: "Deletion works as in Kafka. With compact, every record must have a key, and all records are kept: there is no " +
			"compaction yet.",
	},
	{
		Name: "compression.gzip.level", Type: Int, Default: is("-1"), allowed: betweenOr(1, 9, -1),
		Synonym: "compression.gzip.level",
		Doc:     "How hard gzip tries when compression.type is gzip: 1 is fastest, 9 smallest, -1 leaves it to the codec.",
	},
	{
		Name: "compression.lz4.level", Type: Int, Default: is("9"), allowed: between(1, 17),
		Synonym: "compression.lz4.level",
		Doc:     "How hard lz4 tries when compression.type is lz4, from 1, the fastest, to 17, the smallest.",
		Effect:  lz4Steps,
	},
	{
		Name: "compression.type", Type: String, Default: is("producer"), allowed: oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
		Synonym: "compression.type",
		Doc: "The codec that batches are stored with. producer keeps what the producer chose and costs nothing; any other " +
			"value makes the broker compress again what arrives in another codec, and uncompressed stores records plain.",
	},
	{
		Name: "compression.zstd.level", Type: Int, Default: is("3"), allowed: between(-131072, 22),
		Synonym: "compression.zstd.level",
		Doc: "How hard zstd tries when compression.type is zstd. 3 is a good middle, 22 the smallest, and negative levels " +
			"trade size for speed.",
		Effect: zstdSteps,
	},
	{
		Name: "delete.retention.ms", Type: Long, Default: is("86400000"), allowed: atLeast(0),
		Synonym: "log.cleaner.delete.retention.ms",
		Doc: "How long a tombstone (a record with a null value) outlives compaction, so that consumers who are behind still " +
			"learn of the deletion.",
		Effect: noCompaction,
	},
	{
		Name: "file.delete.delay.ms", Type: Long, Default: is("60000"), allowed: atLeast(0),
		Synonym: "log.segment.delete.delay.ms",
		Doc:     "How long a file that has left the log stays on disk before it is removed.",
		Effect:  deletedAtNextCheck,
	},
	{
		Name: "flush.messages", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(1),
		Synonym: "log.flush.interval.messages",
		Doc:     "The number of records after which the log must be synced to disk.",
		Effect:  alwaysSynced,
	},
	{
		Name: "flush.ms", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(0),
		Synonym: "log.flush.interval.ms",
		Doc:     "The longest time that a record may wait in the page cache before the log must be synced to disk.",
		Effect:  alwaysSynced,
	},
	{
		Name: "follower.replication.throttled.replicas", Type: List, Default: is(""), allowed: throttledReplicas,
		Doc: "The follower replicas whose copying is slowed down while partitions move, as partition:node pairs, or * for all " +
			"of them.",
		Effect: noThrottle,
	},
	{
		Name: "index.interval.bytes", Type: Int, Default: is("4096"), allowed: atLeast(0),
		Synonym: "log.index.interval.bytes",
		Doc: "How many bytes of log lie between two entries of a segment's offset index. More entries find an offset with less " +
			"reading and take more memory.",
		Effect: ownIndexes,
	},
	{
		Name: "leader.replication.throttled.replicas", Type: List, Default: is(""), allowed: throttledReplicas,
		Doc: "The leader replicas that send to moving partitions at a limited rate, as partition:node pairs, or * for all of " +
			"them.",
		Effect: noThrottle,
	},
	{
		Name: "local.retention.bytes", Type: Long, Default: is("-2"), allowed: atLeast(-2),
		Synonym: "log.local.retention.bytes",
		Doc: "How many bytes of a tiered partition stay on the node's own disk once they are copied away. -2 means as many as " +
			"retention.bytes.",
		Effect: noTiered,
	},
	{
		Name: "local.retention.ms", Type: Long, Default: is("-2"), allowed: atLeast(-2),
		Synonym: "log.local.retention.ms",
		Doc: "How long records of a tiered partition stay on the node's own disk once they are copied away. -2 means as long " +
			"as retention.ms.",
		Effect: noTiered,
	},
	{
		Name: "max.compaction.lag.ms", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(1),
		Synonym: "log.cleaner.max.compaction.lag.ms",
		Doc:     "The longest time that a record can escape compaction after it was written.",
		Effect:  noCompaction,
	},
	{
		Name: "max.message.bytes", Type: Int, Default: is("1048588"), allowed: atLeast(0),
		Synonym: "message.max.bytes",
		Doc: "The largest record batch that the topic takes, in bytes as it arrives, compressed. A larger one is refused with " +
			"MESSAGE_TOO_LARGE.",
	},
	{
		Name: "message.timestamp.after.max.ms", Type: Long, Default: is("3600000"), allowed: atLeast(0),
		Synonym: "log.message.timestamp.after.max.ms",
		Doc: "How far ahead of the broker's clock a record's timestamp may be. Beyond it, the batch is refused with " +
			"INVALID_TIMESTAMP. It is not looked at with LogAppendTime.",
	},
	{
		Name: "message.timestamp.before.max.ms", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(0),
		Synonym: "log.message.timestamp.before.max.ms",
		Doc: "How far behind the broker's clock a record's timestamp may be. Beyond it, the batch is refused with " +
			"INVALID_TIMESTAMP. Raise it before you load history.",
	},
	{
		Name: "message.timestamp.type", Type: String, Default: is("CreateTime"), allowed: oneOf("CreateTime", "LogAppendTime"),
		Synonym: "log.message.timestamp.type",
		Doc: "Whose clock stamps the records: CreateTime keeps the producer's timestamps, LogAppendTime writes the time at " +
			"which the leader appended the batch.",
	},
	{
		Name: "min.cleanable.dirty.ratio", Type: Double, Default: is("0.5"), allowed: fraction(0, 1),
		Synonym: "log.cleaner.min.cleanable.ratio",
		Doc: "The part of a log that must be uncompacted before compaction takes it on. A lower ratio saves disk and costs " +
			"more rewriting.",
		Effect: noCompaction,
	},
	{
		Name: "min.compaction.lag.ms", Type: Long, Default: is("0"), allowed: atLeast(0),
		Synonym: "log.cleaner.min.compaction.lag.ms",
		Doc: "How long a record stays untouched by compaction, so that consumers can count on seeing every version for that " +
			"time.",
		Effect: noCompaction,
	},
	{
		Name: "min.insync.replicas", Type: Int, Default: is("1"), allowed: atLeast(1),
		Synonym: "min.insync.replicas",
		Doc: "How many replicas, the leader among them, must be caught up for a produce with acks=all to be taken. With fewer " +
			"it is refused with NOT_ENOUGH_REPLICAS. It never takes less than the majority that raft commits with.",
	},
	{
		Name: "preallocate", Type: Boolean, Default: is("false"),
		Synonym: "log.preallocate",
		Doc:     "Whether a new segment file is given its full size on disk when it is made.",
		Effect:  ownFiles,
	},
	{
		Name: "remote.log.copy.disable", Type: Boolean, Default: is("false"),
		Doc:    "Stops the copying of a tiered topic's segments to the remote store, and leaves what is there readable.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.delete.on.disable", Type: Boolean, Default: is("false"),
		Doc:    "Whether the remote copies are deleted when tiering is turned off for the topic.",
		Effect: noTiered,
	},
	{
		Name: "remote.storage.enable", Type: Boolean, Default: is("false"), allowed: onlyFalse,
		Doc: "Whether older segments move to a remote store.",
		Effect: "Only false is taken here: there is no tiered storage. Kafka refuses true in the same way where tiering is off " +
			"for the broker.",
	},
	{
		Name: "retention.bytes", Type: Long, Default: is("-1"),
		Synonym: "log.retention.bytes",
		Doc: "How large one partition may grow before its oldest records are dropped, in whole files, so that it holds up to a " +
			"file more. -1 sets no limit. A topic takes this many bytes times its partitions.",
	},
	{
		Name: "retention.ms", Type: Long, Default: is("604800000"), allowed: atLeast(-1),
		Synonym: "log.retention.ms",
		Doc: "How long records are kept. Older ones are dropped, read or not, in whole files: a file goes when its newest " +
			"record is too old. -1 keeps them for ever.",
	},
	{
		Name: "segment.bytes", Type: Int, Default: is("1073741824"), allowed: atLeast(1048576),
		Synonym: "log.segment.bytes",
		Doc: "How large a segment file grows before the log begins a new one. Retention drops whole files, so smaller ones " +
			"follow retention.ms and retention.bytes more closely.",
		Effect: smallerFiles,
	},
	{
		Name: "segment.index.bytes", Type: Int, Default: is("10485760"), allowed: atLeast(4),
		Synonym: "log.index.size.max.bytes",
		Doc:     "The room that a segment's offset index is given on disk.",
		Effect:  ownIndexes,
	},
	{
		Name: "segment.jitter.ms", Type: Long, Default: is("0"), allowed: atLeast(0),
		Synonym: "log.roll.jitter.ms",
		Doc: "A random time by which segment.ms is cut short, so that many partitions don't roll their segments at the same " +
			"moment.",
		Effect: noJitter,
	},
	{
		Name: "segment.ms", Type: Long, Default: is("604800000"), allowed: atLeast(1),
		Synonym: "log.roll.ms",
		Doc:     "The age at which a segment file is closed even when it is not full, so that retention can drop what is in it.",
	},
	{
		Name: "unclean.leader.election.enable", Type: Boolean, Default: is("false"),
		Synonym: "unclean.leader.election.enable",
		Doc: "Whether a replica that lacks committed records may lead when no other is left. It brings the partition back and " +
			"loses those records.",
		Effect: noUnclean,
	},
	{
		Name: "write.caching", Type: Boolean, Default: is("false"),
		Synonym: "log.write.caching",
		Doc: "Our own: whether acks=all is answered when a majority has the records in memory, and not only when it has them " +
			"on disk. It is faster, and loses acknowledged records when a majority loses power or crashes as a machine at once; " +
			"the end of a process loses nothing.",
	},
}
