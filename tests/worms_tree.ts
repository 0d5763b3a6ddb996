// Taxa of the sea as WoRMS has them: a tree of five hundred, for the tests of the search.

/** Each line is an order, its families with their genera, and after each genus its species. */
const TAXA = `
Calanoida: Calanidae Calanus finmarchicus glacialis hyperboreus helgolandicus, Calanoides carinatus acutus, Neocalanus gracilis cristatus plumchrus, Nannocalanus minor, Undinula vulgaris, Mesocalanus tenuicornis; Metridinidae Metridia lucens longa gerlachei pacifica, Pleuromamma gracilis abdominalis robusta xiphias; Acartiidae Acartia clausi tonsa longiremis bifilosa danae; Centropagidae Centropages typicus hamatus bradyi chierchiae, Limnocalanus macrurus; Temoridae Temora longicornis stylifera, Eurytemora affinis; Paracalanidae Paracalanus parvus aculeatus, Calocalanus styliremis pavo, Mecynocera clausi; Clausocalanidae Clausocalanus arcuicornis furcatus, Pseudocalanus elongatus minutus, Ctenocalanus vanus; Euchaetidae Euchaeta marina acuta, Paraeuchaeta norvegica hebes; Candaciidae Candacia armata bipinnata; Aetideidae Aetideus armatus, Euchirella rostrata; Rhincalanidae Rhincalanus nasutus gigas; Eucalanidae Eucalanus elongatus; Heterorhabdidae Heterorhabdus papilliger; Lucicutiidae Lucicutia flavicornis; Pontellidae Anomalocera patersoni, Labidocera wollastoni, Pontella atlantica; Tortanidae Tortanus discaudatus
Cyclopoida: Oithonidae Oithona similis nana plumifera setigera; Oncaeidae Oncaea venusta media, Triconia conifera borealis; Corycaeidae Corycaeus speciosus, Ditrichocorycaeus anglicus, Farranula rostrata; Sapphirinidae Sapphirina angusta, Copilia mirabilis
Harpacticoida: Ectinosomatidae Microsetella norvegica rosea; Miraciidae Macrosetella gracilis; Euterpinidae Euterpina acutifrons; Peltidiidae Clytemnestra scutellata
Euphausiacea: Euphausiidae Euphausia superba krohnii pacifica, Meganyctiphanes norvegica, Nyctiphanes couchii, Thysanoessa inermis longicaudata raschii, Stylocheiron longicorne, Nematoscelis megalops
Amphipoda: Hyperiidae Themisto gaudichaudii libellula compressa, Hyperia galba; Phronimidae Phronima sedentaria; Phrosinidae Primno macropa; Vibiliidae Vibilia armata
Decapoda: Luciferidae Lucifer typus; Sergestidae Sergestes arcticus; Portunidae Carcinus maenas, Liocarcinus depurator; Cancridae Cancer pagurus; Nephropidae Nephrops norvegicus, Homarus gammarus; Crangonidae Crangon crangon; Pandalidae Pandalus borealis montagui
Onychopoda: Podonidae Evadne nordmanni spinifera, Podon leuckartii intermedius, Pleopis polyphemoides
Ctenopoda: Sididae Penilia avirostris
Halocyprida: Halocyprididae Conchoecia magna, Discoconchoecia elegans
Aphragmophora: Sagittidae Sagitta bipunctata, Parasagitta elegans setosa friderici, Flaccisagitta enflata, Serratosagitta tasmanica; Pterosagittidae Pterosagitta draco
Phragmophora: Eukrohniidae Eukrohnia hamata
Copelata: Oikopleuridae Oikopleura dioica longicauda vanhoeffeni; Fritillariidae Fritillaria borealis pellucida
Salpida: Salpidae Salpa fusiformis thompsoni, Thalia democratica, Ihlea asymmetrica, Pegea confoederata
Doliolida: Doliolidae Doliolum denticulatum nationalis, Dolioletta gegenbauri
Pyrosomatida: Pyrosomatidae Pyrosoma atlanticum
Siphonophorae: Diphyidae Diphyes dispar, Muggiaea atlantica kochii, Lensia conoidea, Chelophyes appendiculata; Abylidae Abylopsis tetragona, Bassia bassensis; Agalmatidae Nanomia bijuga, Agalma elegans; Physaliidae Physalia physalis
Trachymedusae: Rhopalonematidae Aglantha digitale, Aglaura hemistoma, Rhopalonema velatum; Geryoniidae Liriope tetraphylla
Anthoathecata: Corymorphidae Corymorpha nutans; Bougainvilliidae Bougainvillia principis; Porpitidae Velella velella, Porpita porpita; Corynidae Sarsia tubulosa
Leptothecata: Campanulariidae Clytia hemisphaerica, Obelia geniculata dichotoma; Aequoreidae Aequorea forskalea victoria
Semaeostomeae: Ulmaridae Aurelia aurita; Pelagiidae Pelagia noctiluca, Chrysaora hysoscella; Cyaneidae Cyanea capillata lamarckii
Rhizostomeae: Rhizostomatidae Rhizostoma pulmo octopus; Cepheidae Cotylorhiza tuberculata
Cydippida: Pleurobrachiidae Pleurobrachia pileus, Hormiphora plumosa
Lobata: Bolinopsidae Bolinopsis infundibulum, Mnemiopsis leidyi
Beroida: Beroidae Beroe cucumis ovata
Pteropoda: Limacinidae Limacina helicina retroversa; Cavoliniidae Cavolinia inflexa tridentata; Creseidae Creseis acicula virgula; Clionidae Clione limacina
Phyllodocida: Tomopteridae Tomopteris helgolandica septentrionalis; Alciopidae Alciopa reynaudii; Nephtyidae Nephtys hombergii
Centrales: Chaetocerotaceae Chaetoceros decipiens socialis debilis affinis, Bacteriastrum delicatulum hyalinum; Thalassiosiraceae Thalassiosira rotula nordenskioeldii gravida; Skeletonemataceae Skeletonema costatum marinoi; Rhizosoleniaceae Rhizosolenia imbricata setigera styliformis, Guinardia flaccida delicatula striata, Proboscia alata, Dactyliosolen fragilissimus; Coscinodiscaceae Coscinodiscus radiatus granii wailesii; Hemiaulaceae Eucampia zodiacus, Hemiaulus hauckii, Cerataulina pelagica; Leptocylindraceae Leptocylindrus danicus minimus; Lauderiaceae Lauderia annulata; Heliopeltaceae Actinoptychus senarius; Eupodiscaceae Odontella mobiliensis, Ditylum brightwellii
Bacillariales: Bacillariaceae Pseudo-nitzschia delicatissima seriata pungens, Cylindrotheca closterium, Nitzschia longissima, Fragilariopsis kerguelensis oceanica, Bacillaria paxillifera
Thalassionematales: Thalassionemataceae Thalassionema nitzschioides frauenfeldii, Asterionellopsis glacialis
Gonyaulacales: Ceratiaceae Tripos fusus furca muelleri horridus lineatus, Ceratium hirundinella; Gonyaulacaceae Gonyaulax spinifera digitale, Lingulodinium polyedra, Alexandrium minutum tamarense
Dinophysales: Dinophysaceae Dinophysis acuminata acuta norvegica caudata, Phalacroma rotundatum, Ornithocercus magnificus
Prorocentrales: Prorocentraceae Prorocentrum micans minimum lima
Peridiniales: Protoperidiniaceae Protoperidinium depressum divergens steinii, Diplopsalis lenticula; Peridiniaceae Scrippsiella acuminata
Noctilucales: Noctilucaceae Noctiluca scintillans; Kofoidiniaceae Spatulodinium pseudonoctiluca
Dictyochales: Dictyochaceae Dictyocha fibula, Octactis speculum
Tintinnida: Tintinnidae Tintinnopsis campanula, Favella ehrenbergii, Helicostomella subulata; Codonellidae Codonella galea
`;

interface Taxon {
  title: string;
  background: string;
  parents: string[];
}

/** All of them, each with what it belongs to, the nearest first. */
export function taxa(): Taxon[] {
  const found = new Map<string, Taxon>();
  const add = (title: string, ...parents: string[]): void => void (found.has(title) || found.set(title, { title, background: "", parents }));
  for (const line of TAXA.trim().split("\n")) {
    const [order, families] = line.split(": ") as [string, string];
    add(order);
    for (const [family, genera] of families.split("; ").map((one) => /^(\S+) (.*)$/.exec(one)!.slice(1) as [string, string])) {
      add(family, order);
      for (const [genus, ...kinds] of genera.split(", ").map((one) => one.split(" ") as [string, ...string[]])) {
        add(genus, family, order);
        for (const kind of kinds) add(`${genus} ${kind}`, genus, family, order);
      }
    }
  }
  return [...found.values()];
}
