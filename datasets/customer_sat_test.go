package datasets

import "testing"

// What a right reading gives is tested in package load.
func TestCustomerSatFiles(t *testing.T) { checkFiles(t, "customer-sat") }
