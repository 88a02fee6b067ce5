package kafka

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// IncrementalAlterConfigs edits overrides one by one: set, delete, and for lists append and subtract (KIP-339). What the
// request does not name stays as it is.
//
//	v1    flexible
func init() { register(0, 1, (*Server).incrementalAlterConfigs) }

func (s *Server) incrementalAlterConfigs(c *Call, req *kmsg.IncrementalAlterConfigsRequest) {
	decide(s, alterTimeout, func() *msg.AlterConfigs { return editedConfigs(req) }, func(q *msg.AlterConfigs, whole error) {
		resp := req.ResponseKind().(*kmsg.IncrementalAlterConfigsResponse)
		for i, r := range req.Resources {
			err := pick(whole, func() error { return q.Resources[i].Err })
			out := kmsg.NewIncrementalAlterConfigsResponseResource()
			out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
			out.ErrorCode, out.ErrorMessage = msg.Code(err), errorText(err)
			resp.Resources = append(resp.Resources, out)
		}
		c.Reply(resp)
	})
}

// editedConfigs is the request to the controller.
func editedConfigs(req *kmsg.IncrementalAlterConfigsRequest) *msg.AlterConfigs {
	q := &msg.AlterConfigs{ValidateOnly: req.ValidateOnly}
	for _, r := range req.Resources {
		altered := &msg.AlteredResource{Type: msg.ResourceType(r.ResourceType), Name: r.ResourceName}
		for _, cfg := range r.Configs {
			altered.Ops = append(altered.Ops, msg.ConfigOp{Kind: msg.ConfigOpKind(cfg.Op), Name: cfg.Name, Value: cfg.Value})
		}
		q.Resources = append(q.Resources, altered)
	}
	return q
}
