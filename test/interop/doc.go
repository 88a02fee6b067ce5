// Package interop lets other people's clients loose on a real node: kcat, Kafka's Java programs, franz-go, kafka-go.
//
// It promises that the clients are unchanged and run as their users run them. A test skips only where its tool is absent,
// and fails even then where TROUPE_REQUIRE_TOOLS is set, as it is in CI.
//
// Place on a record's way: both ends of it, outside.
package interop
