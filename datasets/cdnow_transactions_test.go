package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestCDNOWTransactionsFiles(t *testing.T) { checkFiles(t, "cdnow-transactions") }
