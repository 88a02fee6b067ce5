package configs

// streamsKeys are streams groups.
var streamsKeys = []*Key{
	{
		Name: "group.streams.assignment.interval.ms", Type: Int, Default: is("1000"), allowed: atLeast(0),
		Doc:    "The node's default for streams.assignment.interval.ms.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often members of streams groups send a heartbeat, unless the group has a value of its own.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.initial.rebalance.delay.ms", Type: Int, Default: is("3000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How long streams groups that were empty wait for more members, unless the group has a value of its own.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.max.assignment.interval.ms", Type: Int, Default: is("15000"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The largest streams.assignment.interval.ms that a group may set.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.max.heartbeat.interval.ms", Type: Int, Default: is("15000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The largest streams.heartbeat.interval.ms that a group may set.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.max.session.timeout.ms", Type: Int, Default: is("60000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The largest streams.session.timeout.ms that a group may set.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.max.size", Type: Int, Default: is("2147483647"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many members one streams group may have.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.max.standby.replicas", Type: Int, Default: is("2"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The largest streams.num.standby.replicas that a group may set.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.min.assignment.interval.ms", Type: Int, Default: is("0"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "The smallest streams.assignment.interval.ms that a group may set.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.min.heartbeat.interval.ms", Type: Int, Default: is("5000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The smallest streams.heartbeat.interval.ms that a group may set.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.min.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "The smallest streams.session.timeout.ms that a group may set.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.num.standby.replicas", Type: Int, Default: is("0"), allowed: atLeast(0), ReadOnly: true,
		Doc:    "How many standby copies streams groups keep of a stateful task, unless the group has a value of its own.",
		Effect: noStreams,
	},
	{
		Name: "group.streams.session.timeout.ms", Type: Int, Default: is("45000"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How long members of streams groups may be silent before their tasks move, unless the group has a value of its " +
			"own.",
		Effect: noStreams,
	},
}
