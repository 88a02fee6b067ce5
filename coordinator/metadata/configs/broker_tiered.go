package configs

// tieredKeys are tiered storage.
var tieredKeys = []*Key{
	{
		Name: "follower.fetch.last.tiered.offset.enable", Type: Boolean, Default: is("false"),
		Doc:    "Whether a follower without data begins at the end of what is tiered, and not at the beginning of the log.",
		Effect: noTiered,
	},
	{
		Name: "log.local.retention.bytes", Type: Long, Default: is("-2"), allowed: atLeast(-2),
		Doc:    "The node's default for local.retention.bytes. -2 means the same as log.retention.bytes.",
		Effect: noTiered,
	},
	{
		Name: "log.local.retention.ms", Type: Long, Default: is("-2"), allowed: atLeast(-2),
		Doc:    "The node's default for local.retention.ms. -2 means the same as log.retention.ms.",
		Effect: noTiered,
	},
	{
		Name: "remote.fetch.max.wait.ms", Type: Int, Default: is("500"), allowed: atLeast(1),
		Doc:    "How long a fetch waits for the remote store before it is answered without.",
		Effect: noTiered,
	},
	{
		Name: "remote.list.offsets.request.timeout.ms", Type: Long, Default: is("30000"), allowed: atLeast(1),
		Doc:    "How long a ListOffsets that has to look into the remote store may take.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.index.file.cache.total.size.bytes", Type: Long, Default: is("1073741824"), allowed: atLeast(1),
		Doc:    "How much disk is given to indexes fetched from the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.copier.thread.pool.size", Type: Int, Default: is("10"), allowed: atLeast(1),
		Doc:    "How many threads copy segments to the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.copy.max.bytes.per.second", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(1),
		Doc:    "How many bytes per second may be copied to the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.copy.quota.window.num", Type: Int, Default: is("11"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many windows the limit on copying to the remote store is measured over.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.copy.quota.window.size.seconds", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long one window of the limit on copying to the remote store is.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.expiration.thread.pool.size", Type: Int, Default: is("10"), allowed: atLeast(1),
		Doc:    "How many threads delete segments that expired in the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.fetch.max.bytes.per.second", Type: Long, Default: is("9223372036854775807"), allowed: atLeast(1),
		Doc:    "How many bytes per second may be read from the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.fetch.quota.window.num", Type: Int, Default: is("11"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many windows the limit on reading from the remote store is measured over.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.fetch.quota.window.size.seconds", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long one window of the limit on reading from the remote store is.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.follower.thread.pool.size", Type: Int, Default: is("2"), allowed: atLeast(1),
		Doc:    "How many threads keep followers up to date on what is in the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.task.interval.ms", Type: Long, Default: is("30000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often each partition is looked at for segments to copy or delete.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.manager.thread.pool.size", Type: Int, Default: is("2"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many threads schedule the work with the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.metadata.custom.metadata.max.bytes", Type: Int, Default: is("128"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How much metadata of its own a remote store's plug-in may keep per segment.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.metadata.manager.class.name", Type: String, Default: is("org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager"), allowed: notEmpty, ReadOnly: true,
		Doc:    "The plug-in that remembers which segments are in the remote store. The default one keeps that in a topic.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.metadata.manager.class.path", Type: String, ReadOnly: true,
		Doc:    "Where the plug-in for remote metadata is loaded from, if not from the broker's own class path.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.metadata.manager.impl.prefix", Type: String, Default: is("rlmm.config."), allowed: notEmpty, ReadOnly: true,
		Doc:    "The prefix of the configs that are handed to the plug-in for remote metadata.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.metadata.manager.listener.name", Type: String, allowed: notEmpty, ReadOnly: true,
		Doc:    "The listener by which the plug-in for remote metadata reaches the brokers.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.reader.max.pending.tasks", Type: Int, Default: is("100"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many reads from the remote store may wait before more are refused.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.reader.threads", Type: Int, Default: is("10"), allowed: atLeast(1),
		Doc:    "How many threads read from the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.storage.manager.class.name", Type: String, allowed: notEmpty, ReadOnly: true,
		Doc:    "The plug-in that puts segments into the remote store and gets them back.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.storage.manager.class.path", Type: String, ReadOnly: true,
		Doc:    "Where the plug-in for the remote store is loaded from, if not from the broker's own class path.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.storage.manager.impl.prefix", Type: String, Default: is("rsm.config."), allowed: notEmpty, ReadOnly: true,
		Doc:    "The prefix of the configs that are handed to the plug-in for the remote store.",
		Effect: noTiered,
	},
	{
		Name: "remote.log.storage.system.enable", Type: Boolean, Default: is("false"), ReadOnly: true,
		Doc:    "Whether the broker has tiered storage at all.",
		Effect: noTiered,
	},
}
