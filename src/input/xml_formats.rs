//! From the bytes of an XML file to a declaration: which standard it follows, told from root element and namespace, and
//! the reader for it.

use super::read_error::Fault;
use super::xml::{Document, Node, XmlError, clipped, decode};
use super::xml_values::Trouble;
use super::{bmecat, granta, iec62474, ipc1752, native, sdscom, ubl};
use crate::declaration::{Declaration, ProblemCode};

/// What is done with a root element.
enum Reading {
    /// A reader, with the namespaces that the standard uses; the end of a namespace may vary.
    Read(fn(Node<'_>) -> Declaration, &'static [&'static str]),
    /// A format that is recognised and holds no declaration that can be read, with its names in Swedish and English.
    Known(&'static str, &'static str),
}

/// Reads a declaration in any of the XML standards; the caller fills in file and hash.
///
/// # Errors
/// What is no XML or exceeds its limits, and XML of an unknown or unsupported kind. What is wrong inside a known kind
/// becomes problems of the declaration.
pub fn read(bytes: &[u8]) -> Result<Declaration, XmlError> {
    let text = decode(bytes)?;
    let document = Document::parse(&text)?;
    let root = document.root();
    match recognise(root) {
        Some(Reading::Read(reader, namespaces)) => {
            let mut declaration = reader(root);
            let found = root.namespace().unwrap_or("");
            if !namespaces.iter().any(|expected| if expected.is_empty() { found.is_empty() } else { found.starts_with(expected) }) {
                let trouble = Trouble::new(
                    ProblemCode::HeadingNotUnderstood,
                    false,
                    root.source(found),
                    format!("namnrymden `{}` är inte den som formatet anger; filen lästes ändå", clipped(found)),
                    format!("the namespace `{}` is not the one of the format; the file was read all the same", clipped(found)),
                );
                declaration.problems.push(trouble.of(None));
            }
            Ok(declaration)
        }
        Some(Reading::Known(sv, en)) => Err(XmlError::new(
            Fault::NotATable,
            format!("filen är {sv}, som inte läses; be leverantören om IEC 62474, IPC-1752 eller Excel"),
            format!("the file is {en}, which is not read; ask the supplier for IEC 62474, IPC-1752 or Excel"),
        )),
        None => {
            let (name, namespace) = (clipped(root.name()), clipped(root.namespace().unwrap_or("")));
            Err(XmlError::new(
                Fault::NotATable,
                format!("okänt slags xml (rot `{name}`, namnrymd `{namespace}`); be leverantören om IEC 62474, IPC-1752 eller Excel"),
                format!("unknown kind of xml (root `{name}`, namespace `{namespace}`); ask the supplier for IEC 62474, IPC-1752 or Excel"),
            ))
        }
    }
}

/// The standard by root and namespace. A root whose name others use too must also show the namespace or a child that only
/// this standard has.
fn recognise(root: Node<'_>) -> Option<Reading> {
    let namespace = root.namespace().unwrap_or("");
    let has = |names: &[&str]| root.children().any(|child| names.contains(&child.name()));
    Some(match root.name() {
        "Main" if namespace.contains("62474") || has(&["BusinessInfo", "Product"]) => {
            Reading::Read(iec62474::read, &["http://std.iec.ch/iec62474"])
        }
        "MainDeclaration" if namespace.contains("175x") || has(&["BusinessInfo", "Product", "IPC-1752B"]) => {
            Reading::Read(ipc1752::read, &["http://webstds.ipc.org/175x/", "https://webstds.ipc.org/175x/"])
        }
        "kemkoll" => Reading::Read(native::read, &[native::NAMESPACE]),
        "PartsEco" => Reading::Read(granta::read, &["http://www.grantadesign.com/"]),
        "DatasheetFeed" => Reading::Read(sdscom::read, &["", "http://www.esdscom.eu/"]),
        "Catalogue" if namespace.contains("ubl") || has(&["CatalogueLine"]) => {
            Reading::Read(ubl::read, &["urn:oasis:names:specification:ubl:schema:xsd:Catalogue-2"])
        }
        "BMECAT" => Reading::Read(bmecat::read, &["", "http://www.bmecat.org/"]),
        "Document" | "manifest" if namespace.contains("iuclid") => {
            Reading::Known("en del av en IUCLID- eller SCIP-akt (i6z)", "a part of an IUCLID or SCIP dossier (i6z)")
        }
        "catalogueItemNotificationMessage" => Reading::Known("ett GS1 GDSN-meddelande", "a GS1 GDSN message"),
        "processDataSet" => {
            Reading::Known("en miljödeklaration (ILCD/EPD) utan ämnen", "an environmental declaration (ILCD/EPD) without substances")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_root_is_named() {
        let error = read(b"<invoice xmlns='urn:x'/>").unwrap_err();
        assert_eq!(error.code(), "file-kind-unknown");
        assert!(error.message.en.contains("`invoice`") && error.message.sv.contains("`urn:x`"));
        assert_eq!(read(b"<Main xmlns='urn:other'/>").unwrap_err().code(), "file-kind-unknown");
    }

    #[test]
    fn formats_that_hold_no_declaration_are_named() {
        for (text, name) in [
            ("<Document xmlns='http://iuclid6.echa.europa.eu/namespaces/platform-container/v1'/>", "SCIP"),
            ("<manifest xmlns='http://iuclid6.echa.europa.eu/namespaces/manifest/v1'/>", "IUCLID"),
            ("<c:catalogueItemNotificationMessage xmlns:c='urn:gs1:gdsn:catalogue_item_notification:xsd:3'/>", "GDSN"),
            ("<processDataSet xmlns='http://lca.jrc.it/ILCD/Process'/>", "ILCD"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.message.en.contains(name) && error.message.sv.contains(name), "{error}");
        }
    }

    #[test]
    fn a_wrong_namespace_only_warns() {
        let declaration = read(b"<Main xmlns='http://example.org'><Product/></Main>").unwrap();
        assert_eq!(declaration.problems.len(), 1);
        assert!(!declaration.problems[0].open);
    }

    /// One small file of each kind.
    const SAMPLES: [&str; 7] = [
        "<Main xmlns='http://std.iec.ch/iec62474'><Product><ProductID name='a'/><Compliance><DsDsg name='x'><Mass mass='1' unitOfMeasure='g'/>\
         <ComplianceThreshold aboveComplianceThreshold='true' reportingThreshold='0.1 mass%'/></DsDsg></Compliance><Composition><ProductPart \
         numberOfUnits='0.5'><Material><Substance name='x'><MassPercent massPercent='1'/></Substance></Material></ProductPart></Composition></Product></Main>",
        "<MainDeclaration xmlns='http://webstds.ipc.org/175x/2.0'><Product><SubProduct><MaterialInfo><HomogeneousMaterialList><HomogeneousMaterial>\
         <Substance name='x'><Amount value='1' UOM='ppm'/></Substance></HomogeneousMaterial></HomogeneousMaterialList></MaterialInfo></SubProduct></Product>\
         </MainDeclaration>",
        "<PartsEco xmlns='http://www.grantadesign.com/25/05/BillOfMaterialsEco'><Components><Part><Quantity>2</Quantity></Part></Components></PartsEco>",
        "<DatasheetFeed><Datasheet><Composition><Component><Concentration><ExactValue>å</ExactValue></Concentration></Component></Composition></Datasheet>\
         </DatasheetFeed>",
        "<Catalogue xmlns='urn:oasis:names:specification:ubl:schema:xsd:Catalogue-2'><CatalogueLine><Item><Name>&amp;</Name></Item></CatalogueLine></Catalogue>",
        "<BMECAT><T_NEW_CATALOG><PRODUCT><SUPPLIER_PID>1</SUPPLIER_PID></PRODUCT></T_NEW_CATALOG></BMECAT>",
        "<kemkoll xmlns='urn:kemkoll:declaration:1'><product name='x'><constituent amount='5 %'/></product></kemkoll>",
    ];

    #[test]
    fn no_cut_of_a_file_is_read_as_a_whole_one() {
        for sample in SAMPLES {
            assert!(read(sample.as_bytes()).is_ok(), "{sample}");
            for end in 0..sample.len() {
                assert!(read(&sample.as_bytes()[..end]).is_err(), "{}", String::from_utf8_lossy(&sample.as_bytes()[..end]));
            }
        }
    }

    #[test]
    fn bytes_that_make_no_sense_never_panic() {
        for sample in SAMPLES {
            for at in 0..sample.len() {
                for byte in [0, b'<', b'>', b'"', b'&', b'-', b'9', 0xff] {
                    let mut bytes = sample.as_bytes().to_vec();
                    bytes[at] = byte;
                    let _ = read(&bytes);
                }
            }
        }
    }

    /// Trees as deep as the limit allows fit on the stack of a worker thread.
    #[test]
    fn deep_trees_of_parts() {
        let nested = |before: &str, open: &str, close: &str, after: &str| format!("{before}{}{}{after}", open.repeat(95), close.repeat(95));
        for text in [
            nested(
                "<Main xmlns='http://std.iec.ch/iec62474'><Product><Composition>",
                "<ProductPart>",
                "</ProductPart>",
                "</Composition></Product></Main>",
            ),
            nested(
                "<MainDeclaration xmlns='http://webstds.ipc.org/175x/2.0'><Product>",
                "<SubProduct>",
                "</SubProduct>",
                "</Product></MainDeclaration>",
            ),
            nested("<PartsEco>", "<Components><Part>", "</Part></Components>", "</PartsEco>"),
            nested(
                "<kemkoll xmlns='urn:kemkoll:declaration:1'><product>",
                "<article><material>",
                "</material></article>",
                "</product></kemkoll>",
            ),
        ] {
            let declaration = read(text.as_bytes()).unwrap();
            let mut part = &declaration.products[0].root;
            let mut depth = 0;
            while let Some(inner) = part.parts.first() {
                part = inner;
                depth += 1;
            }
            assert!(depth >= 94, "{depth}");
        }
    }
}
