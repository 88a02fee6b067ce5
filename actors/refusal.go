package actors

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// Why a request can't be delivered. Its answer names the actor too, and carries NOT_LEADER_OR_FOLLOWER, on which Kafka's
// clients ask again where the leader is.
var (
	errStopping   = errors.New("the actor is stopping")
	errRestarting = errors.New("the actor has failed and restarts; try again")
)

// unavailable is the answer to a request that an actor will not see.
func unavailable(name string, why error) error {
	return msg.Errorf(kerr.NotLeaderForPartition, "actor %s did not take the request: %v", name, why)
}

// crashed is the answer to the request that an actor had in hand when it failed. What it did before that is unknown.
func crashed(name string, why error) error {
	return msg.Errorf(kerr.UnknownServerError, "actor %s failed while it handled the request, whose outcome is unknown: %v", name, why)
}

// refuse answers m with err if it is a request. What is called with the answer belongs to the sender: should it panic,
// that is logged, and neither the actor nor the answers of others suffer.
func (s *System) refuse(m msg.Message, err error) {
	request, ok := m.(msg.Request)
	if !ok {
		return
	}
	s.guarded(func() { request.Refuse(err) }, "refusing a "+fmt.Sprintf("%T", m))
}

// guarded runs f, and logs its panic with what was being done.
func (s *System) guarded(f func(), doing string) {
	defer func() {
		if reason := recover(); reason != nil {
			s.log.Error().Str("panic", fmt.Sprint(reason)).Bytes("stack", debug.Stack()).Msg("panic while " + doing)
		}
	}()
	f()
}
