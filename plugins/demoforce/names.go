package demoforce

import "strings"

// nameGroup is one naming tradition of the population, with how common it is here in parts of a hundred.
// Common names stand first: picks lean towards the front, as real registers do.
type nameGroup struct {
	share    int
	eth      []string // self-defined ethnicity codes of the 16+1 list
	born     []string
	male     []string
	female   []string
	surnames []string
	middle   bool // a middle name is usual
}

func words(s string) []string { return strings.Fields(s) }

var nameGroups = []nameGroup{
	{share: 58, eth: words("W1 W1 W1 W1 M1 NS"), born: []string{"Leeds", "Bradford", "Wakefield", "York", "Hull", "Sheffield", "London", ""}, middle: true,
		male:     words("James Jack Thomas Daniel Joshua Matthew William Samuel Joseph Luke Ryan Callum Kieran Jordan Liam Adam Michael David Paul Andrew Mark Stephen Christopher Robert Richard Peter John Anthony Simon Lee Craig Dean Wayne Gary Kevin Darren Jason Shaun Carl Ian Neil Nathan Aaron Kyle Connor Bradley Lewis Harry George Oliver Charlie Alfie Archie Tyler Reece Kane Dominic Gareth Stuart Martin Alan Brian Keith Trevor Derek Kenneth Raymond Leonard Albert"),
		female:   words("Emma Sarah Laura Rebecca Gemma Chloe Jessica Lauren Sophie Charlotte Amy Hannah Megan Bethany Georgia Olivia Ellie Lucy Katie Leanne Kelly Stacey Donna Tracey Michelle Nicola Joanne Karen Susan Julie Deborah Alison Amanda Andrea Lisa Claire Helen Elizabeth Catherine Margaret Patricia Jean Maureen Sandra Lynn Paula Angela Wendy Jade Paige Demi Kayleigh Courtney Abigail Grace Ruby Poppy Isla Freya Molly Natasha Victoria Alexandra Hayley Rachel Dorothy Joan Sheila Brenda"),
		surnames: words("Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Walker White Green Hall Clarke Jackson Wood Harris Turner Hughes Cooper Ward Hill Moore Clark Harrison King Morris Baker Lee Allen Mitchell Watson Parker Bennett Young Cook Richardson Shaw Bailey Miller Marshall Ellis Holmes Barker Dixon Hunt Palmer Mills Fox Booth Armitage Sykes Sutcliffe Hargreaves Ackroyd Haigh Beaumont Dyson Hinchliffe Lockwood Firth Kaye Crowther Whitaker Ibbotson Thackray Waddington Braithwaite Metcalfe Atkinson Bolton Naylor Rhodes Kirkby Illingworth Horsfall Greenwood Feather Pickles Ogden Tordoff Verity Wigglesworth")},
	{share: 17, eth: words("A1 A2 A2 A3 A9"), born: []string{"Leeds", "Bradford", "Mirpur", "Lahore", "Sylhet", "Amritsar", ""},
		male:     words("Mohammed Muhammad Yusuf Imran Adeel Usman Bilal Hamza Zain Asif Tariq Nadeem Shahid Rashid Khalid Faisal Kamran Waqas Haroon Sajid Amit Rahul Sanjay Vikram Rajesh Harpreet Gurpreet Jaspal Manjit Sukhdev Abdul Rezaul Shafiq Tanvir Arjun Rohan Dev Kiran"),
		female:   words("Aisha Fatima Zainab Maryam Sana Nadia Saima Shazia Rukhsana Nasreen Parveen Samina Yasmin Farah Iqra Hafsa Noor Priya Anjali Deepa Sunita Meena Harpreet Jasvinder Kulwinder Simran Nasima Shabnam Rehana Begum Ayesha Rabia Sumaiya"),
		surnames: words("Khan Hussain Ahmed Ali Patel Singh Kaur Begum Akhtar Mahmood Iqbal Malik Shah Mirza Butt Chaudhry Rehman Rashid Aziz Bashir Hassan Miah Uddin Choudhury Islam Rahman Sharma Gupta Mehta Desai Joshi Gill Sandhu Dhillon Bains Sidhu Qureshi Sheikh Javed Nawaz Zaman Haq")},
	{share: 7, eth: words("W9"), born: []string{"Gdańsk", "Kraków", "Łódź", "Poznań", "Leeds", ""},
		male:     words("Piotr Krzysztof Andrzej Tomasz Paweł Michał Marcin Jakub Adam Marek Grzegorz Łukasz Zbigniew Jerzy Dariusz Mariusz Wojciech Rafał Kamil Mateusz"),
		female:   words("Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Magdalena Elżbieta Joanna Aleksandra Zofia Monika Dorota Beata Karolina Natalia"),
		surnames: words("Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Pawłowski Michalski Zając Król")},
	{share: 6, eth: words("W2"), born: []string{"Dublin", "Cork", "Galway", "Leeds", "Derry", ""}, middle: true,
		male:     words("Patrick Sean Liam Conor Brendan Declan Eoin Cormac Fergal Kieran Niall Padraig Colm Donal Eamon Brian Gerard"),
		female:   words("Niamh Siobhan Aoife Sinead Ciara Orla Roisin Maeve Bridget Aisling Deirdre Grainne Caoimhe Noreen Bernadette"),
		surnames: words("Murphy Kelly O'Sullivan Walsh O'Brien Byrne Ryan O'Connor O'Neill O'Reilly Doyle McCarthy Gallagher Doherty Kennedy Lynch Murray Quinn McLoughlin O'Carroll Connolly Brennan FitzGerald O'Donnell")},
	{share: 4, eth: words("W1"), born: []string{"Cardiff", "Swansea", "Wrexham", "Bangor", "Leeds"}, middle: true,
		male:     words("Rhys Dylan Gethin Ieuan Gareth Huw Aled Emyr Owain Llyr Geraint Iestyn Dafydd Hywel Tomos Osian Ifan"),
		female:   words("Cerys Ffion Carys Sian Bethan Angharad Nia Rhian Mair Eleri Lowri Gwen Catrin Menna Seren Heledd"),
		surnames: words("Jones Davies Evans Roberts Hughes Lewis Morgan Griffiths Edwards Owen Rees Lloyd Llewellyn Pritchard Bevan Parry Vaughan Powell Gwynne ap-Rhys")},
	{share: 5, eth: words("O2 A9 O9 W9"), born: []string{"Damascus", "Baghdad", "Aleppo", "Khartoum", "Leeds", "Sana'a", ""},
		male:     words("Ahmad Mahmoud Omar Khaled Hassan Hussein Mustafa Ibrahim Youssef Karim Samir Tarek Walid Ziad Abdullah Nasser Bassam"),
		female:   words("Layla Amal Huda Rania Salma Nour Hanan Mona Dalia Rana Samira Widad Zahra Amina Lina"),
		surnames: words("al-Hassan al-Masri Haddad Khoury Nasser Saleh Mansour Darwish Aziz Abbas al-Rashid Hamdan Suleiman Awad Osman al-Tikriti Farouk Qasim Yousif Jaber")},
	{share: 3, eth: words("B1 B2 B9 M2"), born: []string{"Leeds", "Kingston", "Lagos", "Accra", "London", ""}, middle: true,
		male:     words("Marcus Jermaine Kwame Emeka Tunde Delroy Leroy Winston Kofi Chidi Oluwaseun Tyrone Isaiah Malachi Devonte"),
		female:   words("Ada Ngozi Abena Shanice Keisha Yewande Folake Chantelle Precious Blessing Amara Marcia Beverley Imani"),
		surnames: words("Okafor Adeyemi Mensah Campbell Williams Brown Grant Francis Okonkwo Asante Boateng Eze Bailey Gordon Reid Afolabi Nwosu")},
}

// nicknames are what people with a given name are also called.
var nicknames = map[string][]string{
	"James": words("Jim Jimmy Jamie"), "Thomas": words("Tom Tommy"), "Daniel": words("Dan Danny"), "Joshua": words("Josh"), "Matthew": words("Matt"),
	"William": words("Bill Will Billy"), "Samuel": words("Sam"), "Joseph": words("Joe Joey"), "Michael": words("Mick Mike"), "David": words("Dave Davey"),
	"Andrew": words("Andy Drew"), "Stephen": words("Steve Ste"), "Christopher": words("Chris"), "Robert": words("Bob Rob Bobby"), "Richard": words("Rick Dick Richie"),
	"Peter": words("Pete"), "John": words("Jack Johnny"), "Anthony": words("Tony"), "Nathan": words("Nate"), "Bradley": words("Brad"), "Kenneth": words("Ken"),
	"Raymond": words("Ray"), "Leonard": words("Len Lenny"), "Albert": words("Bert Albie"), "Rebecca": words("Becky Bex"), "Jessica": words("Jess"), "Elizabeth": words("Liz Beth Betty"),
	"Catherine": words("Cath Kate"), "Margaret": words("Maggie Peggy"), "Patricia": words("Pat Trish"), "Susan": words("Sue"), "Deborah": words("Debbie"), "Amanda": words("Mandy"),
	"Victoria": words("Vicky Tori"), "Alexandra": words("Alex Sandra"), "Abigail": words("Abby"), "Natasha": words("Tash"), "Bethany": words("Beth"), "Charlotte": words("Charlie Lottie"),
	"Mohammed": words("Mo"), "Muhammad": words("Mo"), "Yusuf": words("Yus Joe"), "Imran": words("Immy"), "Patrick": words("Paddy Pat"), "Krzysztof": words("Kris"),
	"Katarzyna": words("Kasia"), "Małgorzata": words("Gosia"), "Agnieszka": words("Aga"), "Piotr": words("Peter"), "Dafydd": words("Dai Dave"), "Bridget": words("Bridie"),
	"Aaron": words("Azza"), "Kieran": words("Kez"), "Jordan": words("Jord"), "Oliver": words("Ollie"), "Harry": words("Haz"), "Jermaine": words("Jay"),
}

// spellings are how the same name is written by another clerk.
var spellings = map[string][]string{
	"Miller": words("Millar Millor"), "Smith": words("Smyth Smithe"), "Clarke": words("Clark"), "Clark": words("Clarke"), "Khan": words("Kahn Kan"), "Hussain": words("Hussein Husain"),
	"Ahmed": words("Ahmad Ahmet"), "Mohammed": words("Muhammad Mohamed Mohammad"), "Muhammad": words("Mohammed Mohamad"), "Stephen": words("Steven"), "Sean": words("Shaun Shawn"),
	"Shaun": words("Sean"), "Aaron": words("Aron Arron"), "Catherine": words("Katherine Kathryn"), "Sarah": words("Sara"), "Rebecca": words("Rebekah"), "Claire": words("Clare"),
	"Alison": words("Allison"), "Michelle": words("Michele"), "Davies": words("Davis"), "Taylor": words("Tayler"), "Thompson": words("Thomson"), "Bailey": words("Bayley Baillie"),
	"Reid": words("Reed"), "O'Brien": words("OBrien Obrian"), "O'Connor": words("OConnor O'Conner"), "O'Neill": words("ONeill O'Neil"), "McCarthy": words("MacCarthy"), "Doyle": words("Doile"),
	"Niamh": words("Neve"), "Siobhan": words("Shivaun"), "Choudhury": words("Chowdhury Chaudhry"), "Chaudhry": words("Choudhry"), "Kowalski": words("Kowalsky"), "Wójcik": words("Wojcik Voychik"),
	"Yusuf": words("Yousuf Yousef"), "Aisha": words("Ayesha Aysha"), "Fatima": words("Fatimah"), "Phillip": words("Philip"), "Geoffrey": words("Jeffrey"), "Llewellyn": words("Llewelyn"),
	"Kieran": words("Kieron Ciaran"), "Leanne": words("Lee-Anne"), "Callum": words("Calum"), "Nicola": words("Nichola"), "Matthew": words("Mathew"), "Walsh": words("Walshe"), "Pritchard": words("Prichard"),
}

var (
	jobs    = []string{"", "", "", "Warehouse operative", "Student", "Unemployed", "Driver", "Care assistant", "Retail assistant", "Nurse", "Joiner", "Electrician", "Teacher", "Chef", "Cleaner", "Labourer", "Retired", "Taxi driver", "Security officer", "Call centre agent", "Engineer"}
	schools = []string{"Roundhay", "Alder Park Academy", "Kelder High", "St Hilda's", "Northmoor Grammar", "Thorpe Wick Academy"}
	builds  = []string{"slim", "medium", "heavy", "stocky", "muscular", "thin"}
)
