package demoforce

// district is an invented part of the force's area. LS30 to LS36 are well-formed outward codes that are not in use.
type district struct {
	town, out string
	beat      string
	lat, lng  float64 // middle
}

var districts = []district{
	{"Leeds", "LS30", "NE1", 53.8290, -1.5020}, {"Leeds", "LS31", "NE2", 53.8190, -1.5270}, {"Leeds", "LS32", "CT1", 53.7980, -1.5430},
	{"Northmoor", "LS33", "NM1", 53.8520, -1.5760}, {"Harrowby", "LS34", "NM2", 53.8380, -1.6150}, {"Kelderby", "LS35", "SW1", 53.7740, -1.5980},
	{"Thorpe Wick", "LS36", "SE1", 53.7790, -1.4620},
}

var (
	streetFirst = words("Ash Birch Cedar Elder Fern Gorse Hawthorn Heather Hazel Juniper Larch Laurel Linden Maple Rowan Sorrel Willow Yew Kestrel Linnet Merlin Plover Swift Wren Chapel Mill Quarry Station Tannery Foundry Weavers Dyers Cloth Spindle Bobbin Shuttle Fuller Teasel Beck Gill Ings Carr Moor Ridge Scar Tarn Wharf Kiln Orchard Paddock Pinfold Sheepgate Tenter Lantern Cooper Saddler Mercer Chandler Fletcher Thatcher Wainwright")
	streetLast  = []string{"Rise", "Court", "Road", "Street", "Lane", "Avenue", "Grove", "Terrace", "Close", "Drive", "View", "Mount", "Place", "Crescent", "Walk", "Gardens"}
	buildings   = []string{"Northgate Centre", "Kelder Retail Park", "Harrowby Bus Station", "Thorpe Wick Station", "St Hilda's Hospital", "Moor Park", "The Shuttle Inn", "Weavers Arms", "Alder Park Academy", "Northmoor Library", "Spindle Mill Apartments", "Tenter House"}
	stations    = []string{"Northmoor Central", "Elland Ings", "Harrowby"}
)

type carModel struct {
	make, model string
	fuel        string
	cc          int
}

var carModels = []carModel{
	{"Ford", "Fiesta", "PETROL", 998}, {"Vauxhall", "Corsa", "PETROL", 1398}, {"Volkswagen", "Golf", "DIESEL", 1598}, {"Ford", "Focus", "PETROL", 1499}, {"Nissan", "Qashqai", "DIESEL", 1461},
	{"Vauxhall", "Astra", "PETROL", 1398}, {"Volkswagen", "Polo", "PETROL", 999}, {"Mercedes-Benz", "A Class", "DIESEL", 1461}, {"BMW", "3 Series", "DIESEL", 1995}, {"Audi", "A3", "PETROL", 1395},
	{"Toyota", "Yaris", "HYBRID ELECTRIC", 1490}, {"Toyota", "Prius", "HYBRID ELECTRIC", 1798}, {"Kia", "Sportage", "DIESEL", 1598}, {"Hyundai", "i10", "PETROL", 998}, {"Peugeot", "208", "PETROL", 1199},
	{"Renault", "Clio", "PETROL", 898}, {"Citroen", "C3", "PETROL", 1199}, {"Skoda", "Octavia", "DIESEL", 1968}, {"Seat", "Ibiza", "PETROL", 999}, {"Honda", "Jazz", "PETROL", 1318},
	{"Ford", "Transit", "DIESEL", 1995}, {"Land Rover", "Range Rover Sport", "DIESEL", 2993}, {"Mini", "Cooper", "PETROL", 1499}, {"Tesla", "Model 3", "ELECTRICITY", 0}, {"Dacia", "Sandero", "PETROL", 999},
	{"Yamaha", "YZF-R125", "PETROL", 124}, {"Volvo", "XC60", "DIESEL", 1969}, {"Fiat", "500", "PETROL", 1242}, {"Suzuki", "Swift", "PETROL", 1242}, {"Mazda", "3", "PETROL", 1998},
}

var colours = words("Black Grey White Blue Silver Red Black Grey White Blue Green Orange Yellow Brown Beige Purple")

// offence is one row of the force's own table; every system has its own code for it.
type offence struct {
	home, text string // Home Office style code and words, as records management has them
	cad        string // command and control type code
	occ        string // occurrence type, when it is no crime
	cust       string // custody offence code
	street     string // data.police.uk category; "" is not published
	prio       string
	text1      []string // what happened, %s is the place
}

var offences = []offence{
	{"049/01", "Shoplifting", "131", "", "TH68010", "shoplifting", "P3", []string{"Male seen concealing meat and razor blades, left without paying at %s.", "Group of three entered %s and left with alcohol, staff pushed aside.", "Female detained by staff at %s, goods recovered."}},
	{"028/02", "Burglary - residential", "140", "", "TH68027", "burglary", "P2", []string{"Rear door forced at %s, jewellery and a games console taken.", "Occupier returned to %s to find an untidy search and car keys gone.", "Offender disturbed in the kitchen at %s and made off over gardens."}},
	{"045/11", "Theft from a motor vehicle", "130", "", "TH68048", "vehicle-crime", "P4", []string{"Window smashed on a van outside %s, power tools taken.", "Catalytic converter cut from a vehicle parked at %s."}},
	{"048/01", "Theft of a motor vehicle", "130", "", "TH68045", "vehicle-crime", "P2", []string{"Vehicle taken from the drive of %s by keyless entry.", "Motorcycle pushed away from %s by two on mopeds."}},
	{"008/06", "Assault occasioning actual bodily harm", "150", "", "OF61102", "violent-crime", "P1", []string{"Victim punched to the face outside %s, fractured cheekbone.", "Fight between neighbours at %s, one with a head injury."}},
	{"105/01", "Common assault", "150", "", "CJ88001", "violent-crime", "P2", []string{"Pushed and slapped during an argument at %s, no injuries.", "Security guard spat at, %s."}},
	{"034/01", "Robbery of personal property", "150", "", "TH68023", "robbery", "P1", []string{"Mobile phone taken from a boy by two youths near %s, knife seen.", "Handbag snatched from a woman walking past %s."}},
	{"058/01", "Criminal damage to a dwelling", "160", "", "CD71039", "criminal-damage-arson", "P3", []string{"Front window of %s broken with a brick.", "Fence panels kicked in and paint thrown at %s."}},
	{"092/73", "Possession of cannabis", "170", "", "MD71530", "drugs", "P4", []string{"Smell of cannabis at %s, small bag seized.", "Grinder and three deal bags found during a search at %s."}},
	{"092/32", "Supply of class A drugs", "170", "", "MD71237", "drugs", "P2", []string{"Hand to hand exchange seen at %s, wraps recovered.", "Dealer line phone and cash seized at %s."}},
	{"125/09", "Causing harassment, alarm or distress", "160", "", "PU86089", "public-order", "P3", []string{"Shouting and swearing at passers-by outside %s, intoxicated.", "Threats made over a parking dispute at %s."}},
	{"008/11", "Controlling or coercive behaviour", "151", "", "SC15001", "violent-crime", "P1", []string{"Caller says partner checks her phone and takes her wages, %s.", "Neighbour reports shouting and a child crying at %s."}},
	{"010/11", "Possession of a bladed article", "170", "", "CJ88116", "possession-of-weapons", "P1", []string{"Kitchen knife found in a waistband during a search at %s.", "Machete in the footwell of a car stopped at %s."}},
	{"053/01", "Fraud by false representation", "190", "", "FA06001", "", "P4", []string{"Courier fraud: caller claimed to be a detective, £4,000 handed over at %s.", "Rogue traders charged £900 for roof work at %s."}},
	{"", "Concern for safety", "110", "CONC", "", "", "P1", []string{"Caller has not heard from a relative at %s for two days.", "Male on his own in distress near %s.", "Carer cannot get an answer at %s."}},
	{"", "Missing person", "111", "MISPER", "", "", "P1", []string{"Did not return to %s last night, phone off.", "Left the children's home at %s after an argument."}},
	{"", "Road traffic collision", "120", "RTC", "", "", "P2", []string{"RTC, two vehicles, no injuries, %s.", "Car into a parked vehicle at %s, driver gone."}},
	{"", "Domestic incident", "151", "DOM", "", "", "P1", []string{"Verbal argument between partners at %s, no offences.", "Dispute over child contact at %s."}},
	{"", "Anti-social behaviour", "160", "ASB", "", "anti-social-behaviour", "P3", []string{"Youths throwing stones at buses near %s.", "Off-road bikes at %s.", "Fireworks let off at %s."}},
	{"", "Noise", "161", "ASB", "", "anti-social-behaviour", "P4", []string{"Noise, third call this week, %s.", "Loud music since early hours at %s."}},
	{"", "Suspicious activity", "170", "SUSP", "", "", "P3", []string{"Two people trying car doors at %s.", "Unknown van parked outside %s for three days."}},
	{"", "Found property", "180", "PROP", "", "", "P4", []string{"Mobile phone handed in at %s.", "Purse with cards found near %s."}},
}
