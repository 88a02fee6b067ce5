// Package configs knows every topic, broker and group config of Kafka 4.3 and our own ones: type, default, allowed values,
// documentation, what it does here, and where a value in force comes from.
//
// It promises that a value it accepted parses, and that names, types, defaults and synonyms are Kafka's. It must never hold
// values of its own: it is given the layers.
//
// Place on a record's way: none; it says how topics treat their records.
package configs
