package pole

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// letters and digits of s, upper case; hard is false where s holds anything but these, spaces and light punctuation.
func alnum(s string) (out string, clean bool) {
	b := make([]byte, 0, len(s))
	clean = true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			b = append(b, c-32)
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b = append(b, c)
		case c == ' ', c == '-', c == '.', c == '/':
		default:
			clean = false
		}
	}
	return string(b), clean
}

// The check letter of PNC IDs and CRO numbers: position of the number modulo 23.
const checkLetters = "ZABCDEFGHJKLMNPQRTUVWXY"

func checkLetter(digits string) byte {
	n := 0
	for i := 0; i < len(digits); i++ {
		n = (n*10 + int(digits[i]-'0')) % 23
	}
	return checkLetters[n]
}

var pncForm = regexp.MustCompile(`^(\d{4}|\d{2})[/ -]?(\d{1,7})[/ -]?([A-Z])$`)

// readPNCID reads YYYY/NNNNNNNX or YY/NNNNNNX. The check letter stands for the two-digit year and the seven-digit serial.
func readPNCID(s string, this int) (norm, problem string) {
	s = strings.ReplaceAll(strings.ToUpper(s), " ", "")
	m := pncForm.FindStringSubmatch(s)
	if m == nil {
		return "", "This is not a PNC ID: it is written like 2014/0120018R."
	}
	if !strings.ContainsAny(s, "/-") && len(m[1])+len(m[2]) != 11 {
		return "", "This is not a PNC ID: it is written like 2014/0120018R."
	}
	year, _ := strconv.Atoi(m[1])
	if len(m[1]) == 2 {
		year += this / 100 * 100
		if year > this {
			year -= 100
		}
	}
	serial, _ := strconv.Atoi(m[2])
	digits := fmt.Sprintf("%02d%07d", year%100, serial)
	if want := checkLetter(digits); want != m[3][0] {
		return "", fmt.Sprintf("The check letter of this PNC ID is wrong: it would be %c.", want)
	}
	return fmt.Sprintf("%04d/%07d%s", year, serial, m[3]), ""
}

var (
	croForm = regexp.MustCompile(`^(\d{1,6})/(\d{2})([A-Z])$`)
	croSF   = regexp.MustCompile(`^SF(\d{2})/(\d{1,6})([A-Z])$`)
)

// readCRO reads NNNNNN/YYX or, for small files, SFYY/N…X. The check letter stands for the year and the serial, which is
// padded to six digits except for small files.
func readCRO(s string) (norm, problem string) {
	s = strings.ReplaceAll(strings.ToUpper(s), " ", "")
	var year, serial, letter, digits string
	if m := croSF.FindStringSubmatch(s); m != nil {
		year, serial, letter = m[1], strings.TrimLeft(m[2], "0"), m[3]
		digits = year + serial
		norm = "SF" + year + "/" + serial + letter
	} else if m := croForm.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		year, serial, letter = m[2], fmt.Sprintf("%06d", n), m[3]
		digits = year + serial
		norm = serial + "/" + year + letter
	}
	if strings.Trim(serial, "0") == "" {
		return "", "This is not a CRO number: it is written like 123456/08X or SF08/1234X."
	}
	if want := checkLetter(digits); want != letter[0] {
		return "", fmt.Sprintf("The check letter of this CRO number is wrong: it would be %c.", want)
	}
	return norm, ""
}

var ninoForm = regexp.MustCompile(`^[A-CEGHJ-PRSTW-Z][A-CEGHJ-NPRSTW-Z]\d{6}[A-D]?$`)

func readNINO(s string) (norm, problem string) {
	n, _ := alnum(s)
	if !ninoForm.MatchString(n) {
		return "", "This is not a National Insurance number: it is written like AB123456C."
	}
	switch n[:2] {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return "", "No National Insurance number begins with these letters."
	}
	return n, ""
}

// readIMEI reads 15 digits and verifies the last; of a 14-digit body or a 16-digit IMEISV the check digit is computed.
func readIMEI(s string) (norm, problem string) {
	n, clean := alnum(s)
	if !clean || strings.Trim(n, "0123456789") != "" || len(n) < 14 || len(n) > 16 || strings.Trim(n, "0") == "" {
		return "", "This is not an IMEI: it has 15 digits."
	}
	body := n[:14]
	want := body + string(luhn(body))
	if len(n) == 15 && n != want {
		return "", "The check digit of this IMEI is wrong."
	}
	return want, ""
}

// luhn is the check digit that follows digits.
func luhn(digits string) byte {
	sum := 0
	for i := 0; i < len(digits); i++ {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}

var (
	postcodeForm = regexp.MustCompile(`^(GIR0AA|(?:[A-PR-UWYZ](?:\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d{1,2}|[A-HK-Y]\d[ABEHMNPRVWXY])|BFPO|ASCN|STHL|TDCU|BBND|BIQQ|FIQQ|PCRN|SIQQ|TKCA)\d[ABD-HJLNP-UW-Z]{2})$`)
)

func readPostcode(s string) (norm, problem string) {
	n, clean := alnum(s)
	if !clean || !postcodeForm.MatchString(n) {
		return "", "This is not a full UK postcode: it is written like LS8 2QX."
	}
	return n[:len(n)-3] + " " + n[len(n)-3:], ""
}

// The forms of British registrations, newest first. Space is where a plate has it: after the first group.
var vrmForms = []struct {
	re      *regexp.Regexp
	certain bool
}{
	{regexp.MustCompile(`^([A-Z]{2}\d{2})([A-Z]{3})$`), true},         // since 2001: YK19 FZB
	{regexp.MustCompile(`^([A-HJ-NP-TV-Y]\d{1,3})([A-Z]{3})$`), true}, // 1983–2001: P123 ABC
	{regexp.MustCompile(`^([A-Z]{3})(\d{1,3}[A-HJ-NP-TV-Y])$`), true}, // 1963–1982: ABC 123D
	{regexp.MustCompile(`^([A-Z]{1,3})(\d{1,4})$`), false},            // before, and Northern Ireland: ABC 123
	{regexp.MustCompile(`^(\d{1,4})([A-Z]{1,3})$`), false},            // before, reversed: 123 ABC
	{regexp.MustCompile(`^(\d{3})([DX]\d{3})$`), false},               // diplomats: 123 D 456
	{regexp.MustCompile(`^([A-Z]{2}\d{2})([A-Z]{2})$`), false},        // military: AB12 CD
}

// readVRM keeps any registration of up to 10 letters and digits, foreign ones included: the forms serve display and recognition.
func readVRM(s string) (norm, problem string) {
	n, clean := alnum(s)
	if !clean || n == "" || len(n) > 10 {
		return "", "This is not a vehicle registration: it has letters and digits only."
	}
	return n, ""
}

func spacedVRM(n string) string {
	for _, f := range vrmForms {
		if m := f.re.FindStringSubmatch(n); m != nil {
			return m[1] + " " + m[2]
		}
	}
	return n
}

const problemPhone = "This is not a telephone number."

// readPhone reads a number as dialled in the United Kingdom, or with its country code, as E.164.
func readPhone(s string) (norm, problem string) {
	t := strings.ReplaceAll(s, "(0)", "")
	if strings.HasPrefix(strings.TrimSpace(t), "+44") || strings.HasPrefix(strings.TrimSpace(t), "0044") {
		t = s // the library knows these well
	}
	n, err := phonenumbers.Parse(t, "GB")
	if err != nil || n.GetExtension() != "" || !phonenumbers.IsPossibleNumber(n) {
		return "", problemPhone
	}
	if n.GetCountryCode() == 44 && len(phonenumbers.GetNationalSignificantNumber(n)) < 9 {
		return "", problemPhone
	}
	norm = phonenumbers.Format(n, phonenumbers.E164)
	back, err := phonenumbers.Parse(norm, "GB")
	if err != nil || phonenumbers.Format(back, phonenumbers.E164) != norm || !phonenumbers.IsPossibleNumber(back) {
		return "", problemPhone
	}
	return norm, ""
}

func displayPhone(norm string) string {
	if strings.HasPrefix(norm, "+447") && len(norm) == 13 { // British mobiles, by far the most
		return "0" + norm[3:7] + " " + norm[7:]
	}
	n, err := phonenumbers.Parse(norm, "GB")
	if err != nil {
		return norm
	}
	if n.GetCountryCode() == 44 {
		return phonenumbers.Format(n, phonenumbers.NATIONAL)
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}
