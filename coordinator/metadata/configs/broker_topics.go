package configs

// topicDefaultKeys are how topics come to be and go.
var topicDefaultKeys = []*Key{
	{
		Name: "alter.config.policy.class.name", Type: Class, ReadOnly: true,
		Doc:    "A plug-in that can refuse changes of configs.",
		Effect: noJVM,
	},
	{
		Name: "auto.create.topics.enable", Type: Boolean, Default: is("true"), ReadOnly: true,
		Doc: "Whether a topic that a client asks for by name, and that does not exist, is created on the spot with the " +
			"defaults. Turn it off to keep typing errors from becoming topics.",
	},
	{
		Name: "create.topic.policy.class.name", Type: Class, ReadOnly: true,
		Doc:    "A plug-in that can refuse the creation of topics, for instance by their names.",
		Effect: noJVM,
	},
	{
		Name: "default.replication.factor", Type: Int, Default: is("1"), ReadOnly: true,
		Doc:    "How many replicas the partitions of a topic get when its creator doesn't say, as with automatic creation.",
		Effect: "Works as in Kafka. Left alone, it is 3 in a cluster of three nodes or more.",
	},
	{
		Name: "delete.topic.enable", Type: Boolean, Default: is("true"), ReadOnly: true,
		Doc: "Whether topics can be deleted. With false, DeleteTopics answers TOPIC_DELETION_DISABLED.",
	},
	{
		Name: "max.request.partition.size.limit", Type: Int, Default: is("2000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How many partitions one DescribeTopicPartitions answer may carry.",
		Effect: "Accepted; has no effect here: an answer carries up to 2000 partitions, and clients page through the rest.",
	},
	{
		Name: "num.partitions", Type: Int, Default: is("1"), allowed: atLeast(1), ReadOnly: true,
		Doc: "How many partitions a topic gets when its creator doesn't say, as with automatic creation.",
	},
}
