package configs

// quorumKeys are the metadata quorum and the controller.
var quorumKeys = []*Key{
	{
		Name: "broker.heartbeat.interval.ms", Type: Int, Default: is("2000"), ReadOnly: true,
		Doc:    "How often a broker tells the controller that it is alive.",
		Effect: ownQuorum,
	},
	{
		Name: "broker.session.timeout.ms", Type: Int, Default: is("9000"), ReadOnly: true,
		Doc:    "How long a broker may be silent before the controller fences it, and its partitions are led elsewhere.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.listener.names", Type: List, allowed: someElements, ReadOnly: true,
		Doc:    "The listeners on which controllers talk to each other and to brokers.",
		Effect: ownLinks,
	},
	{
		Name: "controller.quorum.append.linger.ms", Type: Int, Default: is("25"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How long the metadata leader gathers changes before it writes them to disk in one go.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.auto.join.enable", Type: Boolean, Default: is("false"), ReadOnly: true,
		Doc:    "Whether a new controller adds itself to the voters.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.bootstrap.servers", Type: List, Default: is(""), allowed: anyElements, ReadOnly: true,
		Doc:    "The controllers that a starting node asks for the way into the cluster, as host:port.",
		Effect: ownSeeds,
	},
	{
		Name: "controller.quorum.election.backoff.max.ms", Type: Int, Default: is("1000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The longest pause before a controller that lost an election stands again.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.election.timeout.ms", Type: Int, Default: is("1000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How long a candidate waits for votes before it begins a new election.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.fetch.max.bytes", Type: Int, Default: is("1048576"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The most metadata, in bytes, that a follower fetches from the metadata leader at a time.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.fetch.snapshot.max.bytes", Type: Int, Default: is("1048576"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The most bytes of a metadata snapshot that are fetched at a time.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.fetch.timeout.ms", Type: Int, Default: is("2000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How long a voter goes without reaching the metadata leader before it calls an election.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.request.timeout.ms", Type: Int, Default: is("2000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How long a node waits for an answer from the metadata quorum before it asks again.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.retry.backoff.ms", Type: Int, Default: is("20"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The pause between a failed request to the metadata quorum and the next try.",
		Effect: ownQuorum,
	},
	{
		Name: "controller.quorum.voters", Type: List, Default: is(""), allowed: anyElements, ReadOnly: true,
		Doc:    "The fixed voters of the metadata quorum, as id@host:port.",
		Effect: ownSeeds,
	},
	{
		Name: "controller.socket.timeout.ms", Type: Int, Default: is("30000"), ReadOnly: true,
		Doc:    "The socket timeout of a broker's connection to the controller.",
		Effect: ownLinks,
	},
	{
		Name: "metadata.log.dir", Type: String, ReadOnly: true,
		Doc:    "The directory of the metadata log, where it is to have a disk of its own.",
		Effect: "Accepted; has no effect here: the metadata log is a partition like any other and lies in the data directory.",
	},
	{
		Name: "metadata.log.max.record.bytes.between.snapshots", Type: Long, Default: is("20971520"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many bytes of metadata changes accumulate before a snapshot is taken.",
		Effect: ownMetadataLog,
	},
	{
		Name: "metadata.log.max.snapshot.interval.ms", Type: Long, Default: is("3600000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The longest time between two metadata snapshots when there are changes. 0 takes them by size alone.",
		Effect: ownMetadataLog,
	},
	{
		Name: "metadata.log.segment.bytes", Type: Int, Default: is("1073741824"), allowed: atLeast(8388608), ReadOnly: true,
		Doc:    "The size at which a file of the metadata log is full.",
		Effect: ownMetadataLog,
	},
	{
		Name: "metadata.log.segment.ms", Type: Long, Default: is("604800000"), ReadOnly: true,
		Doc:    "The age at which a file of the metadata log is closed.",
		Effect: ownMetadataLog,
	},
	{
		Name: "metadata.max.idle.interval.ms", Type: Int, Default: is("500"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How often the metadata leader writes an empty record when nothing happens, to show that it can.",
		Effect: ownQuorum,
	},
	{
		Name: "metadata.max.retention.bytes", Type: Long, Default: is("104857600"), ReadOnly: true,
		Doc:    "How many bytes of metadata log and snapshots are kept before old ones are dropped.",
		Effect: ownMetadataLog,
	},
	{
		Name: "metadata.max.retention.ms", Type: Long, Default: is("604800000"), ReadOnly: true,
		Doc:    "How long files of the metadata log and snapshots are kept.",
		Effect: ownMetadataLog,
	},
}
