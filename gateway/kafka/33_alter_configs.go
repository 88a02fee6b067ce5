package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// alterTimeout bounds how long config changes wait for the controller: their requests carry no timeout of their own.
const alterTimeout = 30 * time.Second

// AlterConfigs replaces all overrides of a resource by those in the request; what it does not name goes back to its default.
//
//	v2    flexible
func init() { register(0, 2, (*Server).alterConfigs) }

func (s *Server) alterConfigs(c *Call, req *kmsg.AlterConfigsRequest) {
	decide(s, alterTimeout, func() *msg.AlterConfigs { return replacedConfigs(req) }, func(q *msg.AlterConfigs, whole error) {
		resp := req.ResponseKind().(*kmsg.AlterConfigsResponse)
		for i, r := range req.Resources {
			err := pick(whole, func() error { return q.Resources[i].Err })
			out := kmsg.NewAlterConfigsResponseResource()
			out.ResourceType, out.ResourceName = r.ResourceType, r.ResourceName
			out.ErrorCode, out.ErrorMessage = msg.Code(err), errorText(err)
			resp.Resources = append(resp.Resources, out)
		}
		c.Reply(resp)
	})
}

// replacedConfigs is the request to the controller.
func replacedConfigs(req *kmsg.AlterConfigsRequest) *msg.AlterConfigs {
	q := &msg.AlterConfigs{ValidateOnly: req.ValidateOnly}
	for _, r := range req.Resources {
		altered := &msg.AlteredResource{Type: msg.ResourceType(r.ResourceType), Name: r.ResourceName, Replace: true}
		for _, cfg := range r.Configs {
			altered.Ops = append(altered.Ops, msg.ConfigOp{Kind: msg.ConfigSet, Name: cfg.Name, Value: cfg.Value})
		}
		q.Resources = append(q.Resources, altered)
	}
	return q
}
