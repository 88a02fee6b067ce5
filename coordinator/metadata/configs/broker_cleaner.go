package configs

// cleanerKeys are log compaction.
var cleanerKeys = []*Key{
	{
		Name: "log.cleaner.backoff.ms", Type: Long, Default: is("15000"), allowed: atLeast(0),
		Doc:    "How long the cleaner rests when it found nothing to clean.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.dedupe.buffer.size", Type: Long, Default: is("134217728"),
		Doc: "The memory, over all cleaner threads, in which compaction notes each key's newest offset. With more of it, one " +
			"pass cleans more log.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.delete.retention.ms", Type: Long, Default: is("86400000"), allowed: atLeast(0),
		Doc:    "How long tombstones outlive compaction in topics without a delete.retention.ms of their own.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.enable", Type: Boolean, Default: is("true"), ReadOnly: true,
		Doc:    "Whether the log cleaner runs at all. Without it compacted topics only grow, the offsets topic among them.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.io.buffer.load.factor", Type: Double, Default: is("0.9"),
		Doc:    "How full the dedupe buffer may get. A fuller one cleans more per pass, with more hash collisions.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.io.buffer.size", Type: Int, Default: is("524288"), allowed: atLeast(0),
		Doc:    "The memory, over all cleaner threads, for reading and writing log while cleaning.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.io.max.bytes.per.second", Type: Double, Default: is("1.7976931348623157E308"),
		Doc:    "How many bytes per second the cleaner may read and write, both counted, so that it leaves the disk to clients.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.max.compaction.lag.ms", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(1),
		Doc:    "The longest time that a record escapes compaction, in topics without a max.compaction.lag.ms of their own.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.min.cleanable.ratio", Type: Double, Default: is("0.5"), allowed: fraction(0, 1),
		Doc:    "The uncompacted part at which a log is cleaned, in topics without a min.cleanable.dirty.ratio of their own.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.min.compaction.lag.ms", Type: Long, Default: is("0"), allowed: atLeast(0),
		Doc:    "How long compaction leaves a record alone, in topics without a min.compaction.lag.ms of their own.",
		Effect: noCompaction,
	},
	{
		Name: "log.cleaner.threads", Type: Int, Default: is("1"), allowed: atLeast(0),
		Doc:    "How many threads clean logs.",
		Effect: noCompaction,
	},
}
