package fabric

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/seed-e634fa49/troupe/actors/msg"
)

// local are the requests that stay on their node. Sessions send them to a partition or to a group's coordinator where that is
// led, and tell clients who leads; StopNode is for the node's own controller.
var local = []string{
	"Append", "Wait", "DeleteRecords", "StopNode",
	"JoinGroup", "SyncGroup", "HeartbeatGroup", "LeaveGroup", "HeartbeatConsumer", "CommitOffsets", "FetchOffsets", "DeleteOffsets",
	"ListGroups", "DescribeGroup", "DeleteGroup",
}

func TestEveryRequestTravelsOrIsLocal(t *testing.T) {
	paths, err := filepath.Glob("../msg/*.go")
	if err != nil {
		t.Fatal(err)
	}
	requests := map[string]bool{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && embedsAsked(s) {
					requests[n.Name.Name] = true
				}
			case *ast.FuncDecl:
				if n.Name.Name == "Refuse" && n.Recv != nil {
					requests[n.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name] = true
				}
			}
			return true
		})
	}
	delete(requests, "Asked")
	if len(requests) < 15 {
		t.Fatalf("only %d requests were found in actors/msg", len(requests))
	}
	registered := newRegistry(portables())
	for name := range requests {
		_, travels := registered.byName[name]
		if stays := slices.Contains(local, name); travels == stays {
			t.Errorf("%s: travels is %v, local is %v; put it into portables() or into the list of local requests", name, travels, stays)
		}
	}
	for _, name := range local {
		if !requests[name] {
			t.Errorf("%s is listed as local, but is no request of actors/msg", name)
		}
	}
}

func embedsAsked(s *ast.StructType) bool {
	for _, f := range s.Fields.List {
		if id, ok := f.Type.(*ast.Ident); ok && len(f.Names) == 0 && id.Name == "Asked" {
			return true
		}
	}
	return false
}

func TestNamesAreUniqueAndFit(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range portables() {
		if seen[p.name] || len(p.name) > maxName || p.name != reflect.TypeOf(p.fresh()).Elem().Name() || p.version == 0 {
			t.Errorf("%s, version %d, is a %T", p.name, p.version, p.fresh())
		}
		seen[p.name] = true
	}
}

// alsoAnswered are fields of a question that the answer changes.
var alsoAnswered = []string{"NewTopic.Partitions", "NewTopic.ReplicationFactor", "DeadTopic.Name", "DeadTopic.ID"}

// Every field is filled with a value of its own. Those of the question must arrive at the actor, and those of the answer back
// at the sender.
func TestRoundTrips(t *testing.T) {
	for _, p := range portables() {
		t.Run(p.name, func(t *testing.T) {
			known := newRegistry(portables())
			asker := p.fresh()
			(&filler{}).fill(reflect.ValueOf(asker).Elem())
			body, err := json.Marshal(asker)
			if err != nil {
				t.Fatal(err)
			}
			addresses := []string{"controller", msg.PartitionName(msg.TopicPartition{}), msg.GroupCoordinator(7)}
			actor := addresses[slices.IndexFunc(addresses, p.to)]
			wire := frame{kind: frameAsk, epoch: 1, id: 2, actor: actor, name: p.name, version: p.version, body: body}
			ask, err := decodeFrame(wire.encode())
			if err != nil {
				t.Fatal(err)
			}
			kind, copied, err := known.question(ask)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(asker, copied) {
				t.Errorf("asked\n%s\narrived as\n%s", show(asker), show(copied))
			}
			(&filler{n: 1000, answer: true}).fill(reflect.ValueOf(copied).Elem())
			data, err := json.Marshal(kind.reply(copied, nil))
			if err != nil {
				t.Fatal(err)
			}
			w := waiting{request: asker, kind: kind}
			if err := w.adopt(data); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(asker, copied) {
				t.Errorf("answered\n%s\narrived as\n%s", show(copied), show(asker))
			}
		})
	}
}

func show(v any) string {
	return strings.ReplaceAll(fmt.Sprintf("%+v", reflect.ValueOf(v).Elem()), "0x", "")
}

// filler gives every field of a question, or every field of an answer, a value that no other has.
type filler struct {
	n      int64
	answer bool
}

func (f *filler) next() int64 { f.n++; return f.n%100 + 1 }

func (f *filler) fill(v reflect.Value) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		answers := field.Tag.Get("json") == "-" || f.answer && slices.Contains(alsoAnswered, v.Type().Name()+"."+field.Name)
		switch {
		case field.Type.Kind() == reflect.Func || !field.IsExported():
		case field.Anonymous:
			f.fill(v.Field(i))
		case answers == f.answer:
			f.set(v.Field(i))
		case f.answer && field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == reflect.Pointer:
			for j := range v.Field(i).Len() {
				f.fill(v.Field(i).Index(j).Elem())
			}
		}
	}
}

var errorType = reflect.TypeFor[error]()

// set gives v a value, all through.
func (f *filler) set(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(f.next())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(f.next()))
	case reflect.String:
		v.SetString(fmt.Sprint("s", f.next()))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.set(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.set(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			f.set(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.set(key)
		f.set(value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(f.next(), 0).UTC()))
			return
		}
		f.fillAll(v)
	case reflect.Interface:
		if v.Type() == errorType {
			v.Set(reflect.ValueOf(msg.Errorf(kerr.InvalidConfig, "item %d", f.next())))
		}
	default:
		panic("a field of a kind that the test can't fill: " + v.Type().String())
	}
}

// fillAll fills a struct: in a question, its part of the question; in an answer all of it.
func (f *filler) fillAll(v reflect.Value) {
	if !f.answer {
		f.fill(v)
		return
	}
	for i := range v.NumField() {
		f.set(v.Field(i))
	}
}

func TestFaults(t *testing.T) {
	if faultOf(nil) != nil || (*fault)(nil).err() != nil {
		t.Error("no error became one")
	}
	wrapped := fmt.Errorf("moving: %w", msg.Errorf(kerr.InvalidReplicaAssignment, "node 9 is not there"))
	if err := faultOf(wrapped).err(); msg.Code(err) != kerr.InvalidReplicaAssignment.Code || !strings.HasPrefix(err.Error(), "moving: node 9 is not there") {
		t.Errorf("%v", err)
	}
	for _, strange := range []int16{0, 32000, -7} {
		if err := (&fault{Code: strange, Detail: "x"}).err(); msg.Code(err) != kerr.UnknownServerError.Code || err.Error() == "" {
			t.Errorf("code %d became %v", strange, err)
		}
	}
}
