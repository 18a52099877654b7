package report

// Section is a part of a report under a heading.
type Section struct {
	ID     string // fit for a link: verdict, segments, ranking
	Title  string
	Blocks []Block
}

// Block is one of FirstScreen, Finding, Tiles, Text, Bullets, Cautions, Commands, Facts, Terms,
// Cards, *Table and *Figure.
type Block interface{ block() }

// Finding is what the study found, as a headline.
type Finding string

// Tiles are the few figures that a reader looks for first.
type Tiles []Fact

// Cautions are sentences that nobody may miss.
type Cautions []string

// Commands are what to do next.
type Commands []Command

// Command is a command line that can be pasted, and what it does.
type Command struct{ What, Command string }

// Text is a paragraph.
type Text string

// Bullets is a list of sentences.
type Bullets []string

// Facts is a list of names and values: what the protocol consists of.
type Facts []Fact

// Fact is a name with a value; Code marks what a program printed (a hash).
type Fact struct {
	Name, Value string
	Code        bool
}

// Terms is a glossary.
type Terms []Term

func (Finding) block()  {}
func (Tiles) block()    {}
func (Text) block()     {}
func (Bullets) block()  {}
func (Cautions) block() {}
func (Commands) block() {}
func (Facts) block()    {}
func (Terms) block()    {}
func (Cards) block()    {}
func (*Table) block()   {}
func (*Figure) block()  {}

// Tables lists the report's tables in order.
func (r *Report) Tables() []*Table {
	var out []*Table
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			if t, ok := b.(*Table); ok {
				out = append(out, t)
			}
		}
	}
	return out
}

// Figures lists the report's figures in order.
func (r *Report) Figures() []*Figure {
	var out []*Figure
	for _, s := range r.Sections {
		for _, b := range s.Blocks {
			if f, ok := b.(*Figure); ok {
				out = append(out, f)
			}
		}
	}
	return out
}
