package eval

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ruleQuotes are the marks around an identifier, by dialect; the second is doubled
// within it.
var ruleQuotes = map[string][2]string{
	"duckdb": {`"`, `"`}, "ansi": {`"`, `"`}, "mysql": {"`", "`"}, "sqlserver": {"[", "]"},
}

// RuleDialects lists the dialects of SQL: duckdb; ansi (PostgreSQL, Snowflake, SQLite in
// its quotes); mysql (MariaDB, Spark too); sqlserver.
func RuleDialects() []string {
	var out []string
	for d := range ruleQuotes {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// SQL is a query for the members of the segment as the rule has them:
//
//	SELECT * FROM "customers" WHERE "recency" <= 61 AND "frequency" > 8;
//
// table "" gives what follows WHERE alone. Identifiers are quoted, so that nothing in a
// column's name is read as SQL, and numbers are written with all their digits as floating
// point numbers, so that the same rows are met as by Holds. A missing value is NULL in the
// table, as mores features writes it; NULL meets no comparison. Error: a rule that is
// none, or an unknown dialect.
func (s *SegmentRule) SQL(table, dialect string) (string, error) {
	if _, ok := ruleQuotes[dialect]; !ok {
		return "", fmt.Errorf("no SQL dialect named %q: one of %s", dialect, strings.Join(RuleDialects(), ", "))
	}
	if s.Reason != "" || len(s.Conditions) == 0 {
		return "", fmt.Errorf("segment %d has no rule: %s", s.Segment+1, s.Reason)
	}
	parts := make([]string, len(s.Conditions))
	for i := range s.Conditions {
		parts[i] = s.Conditions[i].sql(dialect)
	}
	where := strings.Join(parts, " AND ")
	if table == "" {
		return where, nil
	}
	return "SELECT * FROM " + ruleIdentifier(table, dialect) + " WHERE " + where + ";", nil
}

func (c *RuleCondition) sql(dialect string) string {
	name := ruleIdentifier(c.Column.Name, dialect)
	switch c.Test {
	case RuleMissing:
		return name + " IS NULL"
	case RuleEquals:
		return name + " = " + ruleLiteral(c.Lo)
	case RuleArc:
		return c.arcSQL(name, ruleIdentifier(c.Sin.Name, dialect))
	}
	var parts []string
	if !math.IsInf(c.Lo, 0) {
		parts = append(parts, name+" > "+ruleLiteral(c.Lo))
	}
	if !math.IsInf(c.Hi, 0) {
		parts = append(parts, name+" <= "+ruleLiteral(c.Hi))
	}
	if parts == nil {
		return name + " IS NOT NULL"
	}
	return strings.Join(parts, " AND ")
}

// arcSQL compares products, as onArc does.
func (c *RuleCondition) arcSQL(x, y string) string {
	var parts []string
	for _, p := range arcParts(c.Lo, c.Hi) {
		ax, ay := arcEnd(p[0])
		bx, by := arcEnd(p[1])
		parts = append(parts, fmt.Sprintf("%s * %s >= %s * %s AND %s * %s < %s * %s",
			ruleFloat(ax), y, ruleFloat(ay), x, ruleFloat(bx), y, ruleFloat(by), x))
	}
	if len(parts) > 1 {
		return fmt.Sprintf("(%s <> 0 OR %s <> 0) AND (%s)", x, y, strings.Join(parts, " OR "))
	}
	return fmt.Sprintf("(%s <> 0 OR %s <> 0) AND %s", x, y, parts[0])
}

func ruleIdentifier(name, dialect string) string {
	q := ruleQuotes[dialect]
	return q[0] + strings.ReplaceAll(name, q[1], q[1]+q[1]) + q[1]
}

// ruleLiteral is a number that reads back as x in double precision: whole ones plain,
// others with an exponent, without which they would be decimals.
func ruleLiteral(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
		return strconv.FormatFloat(x+0, 'f', 0, 64) // −0 + 0 = 0
	}
	return ruleFloat(x)
}

func ruleFloat(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	return strconv.FormatFloat(x+0, 'f', -1, 64) + "e0"
}
