package population

import "strings"

// The lists are of common names, written for Muster, the commoner first.
var (
	boys = strings.Fields(`James David Michael John Robert William Paul Andrew Mark Christopher Daniel Thomas Stephen Richard Matthew
Peter Anthony Steven Joseph Alexander Lee Jack Adam Simon Philip Ian Craig Darren Jason Kevin Gary Martin Stuart Neil Benjamin Samuel
Joshua Luke Ryan Liam Jordan Nathan Aaron Callum Connor Kyle Scott Sean Patrick Kieran Lewis Jamie George Harry Charlie Oliver Jacob Alfie
Edward Henry Charles Frederick Arthur Albert Alan Brian Graham Keith Trevor Nigel Roger Barry Derek Raymond Kenneth Dennis Leslie Gordon
Ronald Terence Gerald Malcolm Clive Russell Dean Carl Shane Wayne Ashley Dominic Bradley Curtis Reece Tyler Owen Rhys Dylan Gareth Huw
Duncan Fraser Angus Hamish Euan Callan Declan Brendan Tobias Felix Rupert Hugo Max Leo Oscar Isaac Ethan Mason Logan Noah Toby`)
	girls = strings.Fields(`Sarah Emma Laura Susan Julie Karen Nicola Michelle Lisa Rebecca Claire Victoria Samantha Joanne Amanda Tracey
Jacqueline Helen Elizabeth Louise Rachel Hannah Charlotte Jessica Amy Lauren Sophie Chloe Emily Olivia Megan Bethany Katie Lucy Holly
Georgia Paige Shannon Natalie Stephanie Gemma Kelly Donna Deborah Angela Alison Margaret Patricia Christine Jean Jennifer Barbara Carol
Sandra Linda Pauline Maureen Sheila Janet Ann Mary Catherine Kathleen Joan Dorothy Irene Brenda Valerie Diane Gillian Heather Lorraine
Dawn Sharon Wendy Maria Anna Zoe Leanne Kirsty Hayley Jade Abigail Grace Ella Mia Freya Poppy Daisy Evie Isla Ruby Lily Rosie Eleanor
Alice Imogen Harriet Florence Phoebe Matilda Niamh Siobhan Aoife Bronwen Carys Sian Rhiannon Morag Ailsa Eilidh Tamsin Demelza`)
	surnames = strings.Fields(`Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson Wright Walker
White Edwards Hughes Green Hall Lewis Harris Clarke Jackson Wood Turner Martin Cooper Hill Ward Morris Moore Clark Lee King Baker Harrison
Morgan Allen James Scott Phillips Watson Davis Parker Price Bennett Young Griffiths Mitchell Kelly Cook Carter Richardson Bailey Collins
Bell Shaw Murphy Miller Cox Richards Marshall Anderson Simpson Ellis Adams Wilkinson Foster Powell Chapman Webb Mills Rogers Palmer Stevens
Hunt Lloyd Campbell Barnes Knight Butler Russell Barker Fisher Holmes Stone Reynolds Fletcher Pearson Graham Gibson Howard Andrews Reid
Stewart Fox Dixon Harvey Cole Ford Wells Murray Dean Ryan West Walsh Burton Hart Elliott Spencer Payne Lawrence Dawson Armstrong Hudson
Gallagher Doyle Byrne O'Neill O'Brien O'Connor McDonald MacKenzie McCarthy Fitzgerald Nolan Brennan Sinclair Cameron Drummond Buchanan
Pritchard Llewellyn Bevan Probert Howells Trevithick Penrose Tremayne Okafor Adeyemi Mensah Boateng Campbell-Reid Smith-Jones`)
	heads = strings.Fields(`Ash Brad Whit Black Thorn Hart Oak Birch Red Sud Had Hol Wal Stan Mar Lang Nor Sut West East Crom Thur Ald Barn
Rad Wing Cot Dun Far Green Heath Hazel King Lin Mil New Pen Rams Rock Shel Shore Stock Tatter Up Wade War Wool Carl Ather Butter Clay
Dal Elm Fern Glad Holling Ink Kel Lock Mead Nether Over Pick`)
	tails = strings.Fields(`ley ton worth wood field ham bury shaw croft bridge well stead house man son by thorpe combe ford hurst den dale
more gate grave low stone brook ridge`)
	streets = strings.Fields(`High Church Station Park Victoria Mill School Albert Queens Kings Manor Grange Springfield Windsor York Alexandra
Chester Derby Stanley George Grove Highfield Richmond Kingsway Oak Elm Cedar Beech Chapel Bridge Castle Market Orchard Meadow Hillside
Woodland Lime Poplar Maple Birch Salisbury Clarence Cromwell Nelson Wellington Gladstone Balfour Milton Tennyson Byron Shelley Burns
Coronation Jubilee Regent Marlborough Ashfield Northgate Southgate Westgate Eastfield Lower Upper Brook River Canal Quarry Harbour`)
	ways  = strings.Fields(`Road Street Lane Avenue Close Drive Crescent Terrace Gardens Way Court Grove`)
	short = map[string]string{"Road": "Rd", "Street": "St", "Lane": "Ln", "Avenue": "Ave", "Close": "Cl", "Drive": "Dr", "Crescent": "Cres", "Terrace": "Terr", "Gardens": "Gdns", "Court": "Ct", "Grove": "Gr"}
	towns = strings.Split(`Leeds LS|Bradford BD|Sheffield S|Hull HU|York YO|Wakefield WF|Huddersfield HD|Halifax HX|Doncaster DN|Harrogate HG|
Manchester M|Salford M|Bolton BL|Oldham OL|Stockport SK|Preston PR|Blackburn BB|Lancaster LA|Liverpool L|Warrington WA|Chester CH|
Newcastle NE|Sunderland SR|Durham DH|Middlesbrough TS|Darlington DL|Nottingham NG|Derby DE|Leicester LE|Lincoln LN|Northampton NN|
Coventry CV|Birmingham B|Wolverhampton WV|Stoke-on-Trent ST|Shrewsbury SY|Worcester WR|Gloucester GL|Bristol BS|Bath BA|Exeter EX|
Plymouth PL|Truro TR|Southampton SO|Portsmouth PO|Brighton BN|Canterbury CT|Norwich NR|Ipswich IP|Cambridge CB|Oxford OX|Reading RG|
Luton LU|Swansea SA|Cardiff CF|Newport NP`, "|")

	// nick are everyday forms of a forename.
	nick = map[string][]string{
		"James": {"Jim", "Jimmy", "Jamie"}, "David": {"Dave"}, "Michael": {"Mike", "Mick"}, "John": {"Jack", "Johnny"}, "Robert": {"Rob", "Bob", "Bobby"},
		"William": {"Bill", "Will", "Billy"}, "Andrew": {"Andy"}, "Christopher": {"Chris"}, "Daniel": {"Dan", "Danny"}, "Thomas": {"Tom", "Tommy"},
		"Stephen": {"Steve"}, "Steven": {"Steve"}, "Richard": {"Rick", "Dick"}, "Matthew": {"Matt"}, "Anthony": {"Tony"}, "Joseph": {"Joe"},
		"Alexander": {"Alex", "Sandy"}, "Benjamin": {"Ben"}, "Samuel": {"Sam"}, "Joshua": {"Josh"}, "Nathan": {"Nate"}, "Edward": {"Ted", "Ed", "Eddie"},
		"Henry": {"Harry"}, "Charles": {"Charlie"}, "Frederick": {"Fred"}, "Kenneth": {"Ken"}, "Ronald": {"Ron"}, "Patrick": {"Paddy", "Pat"},
		"Susan": {"Sue"}, "Rebecca": {"Becky"}, "Victoria": {"Vicky"}, "Samantha": {"Sam"}, "Joanne": {"Jo"}, "Amanda": {"Mandy"}, "Jacqueline": {"Jackie"},
		"Elizabeth": {"Liz", "Beth", "Lizzie"}, "Jessica": {"Jess"}, "Margaret": {"Maggie", "Peggy"}, "Patricia": {"Pat", "Trish"}, "Christine": {"Chris"},
		"Jennifer": {"Jenny"}, "Deborah": {"Debbie"}, "Catherine": {"Kate", "Cathy"}, "Kathleen": {"Kath"}, "Abigail": {"Abby"}, "Eleanor": {"Ellie"},
	}
	// abroad are families whose names come through other scripts: the spellings of one name stand together.
	abroad = []tongue{
		{names("Mohammed/Muhammad/Mohamed/Mohammad Ahmed/Ahmad Ali Hassan/Hasan Hussain/Hussein/Husain Yusuf/Youssef/Yousuf Ibrahim/Ebrahim Omar/Umar Khalid/Khaled Abdul/Abdel Tariq/Tarek Bilal Imran Usman/Osman Hamza/Hamzah Zain/Zayn"),
			names("Fatima/Fatimah Aisha/Ayesha/Aysha Maryam/Mariam Zainab/Zaynab Khadija/Khadijah Amina/Aminah Sana Noor/Nur Hafsa/Hafsah Sumaiya/Sumayyah"),
			names("Khan Hussain/Hussein Ahmed/Ahmad Ali Malik/Malek Iqbal Mahmood/Mahmoud/Mehmood Shah Akhtar/Akhter Begum Rahman/Rehman Chaudhry/Choudhury/Chowdhury Siddiqui/Siddiqi Mirza Qureshi/Quraishi")},
		{names("Harpreet Gurpreet Jaspreet Manpreet Rajesh Sanjay Amit Vikram Sunil Ravi Anil Arjun/Arjan Balwinder Sukhdev"), names("Simran Harjit Priya Anita Sunita Kavita Jasleen Navdeep Meena/Mina Lakshmi/Laxmi"),
			names("Singh Kaur Patel Sharma Gill Sidhu/Sidu Sandhu Dhillon/Dhillan Mistry Joshi Chauhan/Chohan Bhatt/Bhat")},
		{names("Piotr Krzysztof/Kristof Andrzej Tomasz/Thomasz Paweł/Pawel Michał/Michal Łukasz/Lukasz Jakub Wojciech"), names("Agnieszka Katarzyna Małgorzata/Malgorzata Magdalena Joanna Anna Ewa Monika"),
			names("Nowak Kowalski Wiśniewski/Wisniewski Wójcik/Wojcik Kamiński/Kaminski Lewandowski Zieliński/Zielinski Szymański/Szymanski Dąbrowski/Dabrowski")},
		{names("Wei Jian Ming Chen/Chan Hao Jun Kai Lei"), names("Mei Li/Lee Xiu Ying Fang Hui Lin"), names("Wang/Wong Li/Lee Zhang/Cheung Chen/Chan Liu/Lau Huang/Wong Zhao Wu/Ng Zhou/Chow")},
	}

	vehicles = []struct {
		make, other string
		models      []string
	}{
		{"FORD", "", strings.Fields("FIESTA FOCUS TRANSIT KUGA MONDEO KA")}, {"VAUXHALL", "OPEL", strings.Fields("CORSA ASTRA INSIGNIA VIVARO MOKKA")},
		{"VOLKSWAGEN", "VW", strings.Fields("GOLF POLO PASSAT TIGUAN TRANSPORTER")}, {"BMW", "", []string{"320D", "116I", "X5", "520D"}},
		{"AUDI", "", strings.Fields("A3 A4 A6 Q5 TT")}, {"MERCEDES-BENZ", "MERCEDES", []string{"C220", "A180", "SPRINTER", "E220"}},
		{"TOYOTA", "", strings.Fields("YARIS COROLLA AURIS PRIUS AYGO")}, {"NISSAN", "", strings.Fields("QASHQAI MICRA JUKE LEAF")},
		{"PEUGEOT", "", []string{"208", "308", "107", "PARTNER"}}, {"RENAULT", "", strings.Fields("CLIO MEGANE CAPTUR TRAFIC")},
		{"LAND ROVER", "LANDROVER", strings.Fields("DISCOVERY DEFENDER FREELANDER")}, {"HONDA", "", strings.Fields("CIVIC JAZZ CRV")},
	}
	colours = strings.Fields("BLACK WHITE SILVER BLUE GREY RED GREEN YELLOW")
)

// tongue is the names of one community; each name is its spellings.
type tongue struct{ boys, girls, families [][]string }

func names(s string) (out [][]string) {
	for _, n := range strings.Fields(s) {
		out = append(out, strings.Split(n, "/"))
	}
	return out
}
