// Package configs knows every topic, broker and group config of Kafka 4.3 and our own ones: type, default, allowed values,
// documentation, what it does here, and where a value in force comes from.
//
// It promises that a value it accepted parses, and that names, types, defaults and synonyms are Kafka's. It must never hold
// values of its own: it is given the layers.
//
// A value in force comes from the nearest layer that has one:
//
//	topic retention.ms
//	  1  the topic's own retention.ms                       DynamicTopic          topic alter
//	  2  this node's dynamic log.retention.ms               DynamicBroker         AlterConfigs, broker 1
//	  3  the cluster's dynamic log.retention.ms             DynamicDefaultBroker  AlterConfigs, all brokers
//	  4  the node's static log.retention.ms, .minutes or    StaticBroker          --set, environment, file
//	     .hours, in this order
//	  5  Kafka's default, log.retention.hours=168           Default
//
// The catalogue is the tables in topic.go, group.go and broker_*.go, one per subject. A new config is a new entry there, with
// its documentation; an entry whose Effect is not empty says what differs from Kafka. The rules on values are in allowed.go,
// those between values in check.go.
//
// Place on a record's way: none; it says how topics treat their records.
package configs
