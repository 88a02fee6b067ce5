package controller

import "github.com/seed-e634fa49/troupe/actors/msg"

// describeQuorum tells how the metadata log's group stands. Only its leader knows how far the others are.
func (a *actor) describeQuorum(q *msg.DescribeQuorum) {
	view := a.Log.View()
	a.core.observe(view.State())
	if !a.core.leads {
		q.Refuse(a.core.notController())
		return
	}
	s := view.State()
	q.Leader, q.Epoch, q.HighWatermark, q.Members = s.Leader, s.Epoch, s.HighWatermark, view.Members()
	q.Answer(nil)
}
