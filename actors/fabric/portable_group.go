package fabric

import "github.com/seed-e634fa49/troupe/actors/msg"

// groupRequests are those of actors/msg/group.go that operators send from any node. All others come from clients, which look
// for the coordinator's node themselves.
func groupRequests() []portable {
	return []portable{travels("ExplainGroup", 1, toCoordinator, groupEvents, adoptGroupEvents)}
}

// toCoordinator says who takes them.
func toCoordinator(actor string) bool { return msg.NamesGroupCoordinator(actor) }

func groupEvents(q *msg.ExplainGroup) []msg.GroupEvent { return q.Events }

func adoptGroupEvents(q *msg.ExplainGroup, events []msg.GroupEvent) error {
	q.Events = events
	return nil
}
