package controller

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata"
)

// maxTopicName is the longest topic name: with a dash and a partition number it still names a directory.
const maxTopicName = 249

// internalTopics are the ones that Kafka marks as internal. A client may make one as it may any other topic.
var internalTopics = map[string]bool{
	"__consumer_offsets":  true,
	"__transaction_state": true,
	"__share_group_state": true,
}

// checkTopicName holds Kafka's rules for a topic's name (org.apache.kafka.common.internals.Topic), with its words.
func checkTopicName(name string) error {
	fault := ""
	switch {
	case name == "":
		fault = "the empty string is not allowed"
	case name == "." || name == "..":
		fault = "'" + name + "' is not allowed"
	case len(name) > maxTopicName:
		return msg.Errorf(kerr.InvalidTopicException, "Topic name is invalid: the length of '%s' is longer than the max allowed length %d", name, maxTopicName)
	case strings.IndexFunc(name, illegalInName) >= 0:
		fault = "'" + name + "' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
	default:
		return nil
	}
	return msg.Errorf(kerr.InvalidTopicException, "Topic name is invalid: %s", fault)
}

func illegalInName(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-'
}

// checkNewTopicName also holds that the name is free, and that metrics could tell it from every other one.
func checkNewTopicName(image *metadata.Image, name string) error {
	if name == msg.MetadataTopic {
		return msg.Errorf(kerr.InvalidRequest, "Creation of internal topic %s is prohibited.", msg.MetadataTopic)
	}
	if err := checkTopicName(name); err != nil {
		return err
	}
	if _, ok := image.Topic(name); ok {
		return msg.Errorf(kerr.TopicAlreadyExists, "Topic '%s' already exists.", name)
	}
	if other, ok := image.Colliding(name); ok {
		return msg.Errorf(kerr.InvalidTopicException, "Topic '%s' collides with existing topic: %s", name, other)
	}
	return nil
}

// duplicates returns the names that occur more than once.
func duplicates(names []string) map[string]bool {
	seen := make(map[string]bool, len(names))
	twice := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			twice[name] = true
		}
		seen[name] = true
	}
	return twice
}
