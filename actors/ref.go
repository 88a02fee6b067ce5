package actors

import "github.com/seed-e634fa49/troupe/actors/msg"

// Ref is an actor's address on this node. It implements msg.Target, may be copied and compared, and stays good when its
// actor is restarted. The zero Ref is nobody's.
type Ref struct{ box *mailbox }

var _ msg.Target = Ref{}

// Post hands m to the actor. It never blocks. msg.ErrMailboxFull and msg.ErrStopped mean that m was not taken.
func (r Ref) Post(m msg.Message) error {
	if r.box == nil {
		return msg.ErrStopped
	}
	return r.box.post(m)
}

// Name is the actor's name in its system.
func (r Ref) Name() string {
	if r.box == nil {
		return ""
	}
	return r.box.name
}

// nobody is a Ref that answers every Post with ErrStopped.
func nobody(name string) Ref { return Ref{&mailbox{name: name, closed: true, finished: true}} }
