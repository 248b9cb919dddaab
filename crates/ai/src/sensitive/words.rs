//! The words that say what a number is, in the languages of our customers, found in one pass together with the
//! beginnings of machine secrets.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// What a word says about the number beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// An order, parcel, ticket, product or price: no secret.
    Order,
    /// A payment card.
    Card,
    /// The code on a card's back.
    CardCode,
    /// A state's number of a person or firm.
    Identity,
    /// A bank account.
    Bank,
    /// A passport.
    Passport,
    /// A telephone.
    Phone,
    /// A password or one-time code.
    Password,
    /// Somebody is asked to tell.
    Ask,
    /// The number of a thing's version.
    Version,
    /// The beginning of a machine's secret: its place in [`super::secret::BEGINNINGS`].
    Secret(usize),
}

/// A word found in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) sense: Sense,
    pub(super) start: usize,
    pub(super) end: usize,
}

const WORDS: &[(Sense, &str)] = &[
    (
        Sense::Order,
        "order|orders|order id|order no|order number|ordernumber|tracking|tracking number|tracking no|track|parcel|\
         shipment|waybill|awb|invoice|invoice number|invoice no|receipt|ticket|case|case number|reference|ref|sku|item|\
         product|serial|serial number|imei|model|article|booking|booking reference|reservation|confirmation number|\
         transaction|transaction id|txn|quote|po|rma|claim|batch|lot|barcode|ean|placed on|charged|paid|amount|price|\
         total|coupon|voucher|points|member|membership|loyalty|isbn|订单|订单号|訂單|訂單號|快递单号|快遞單號|快递|运单|运单号|單號|单号|\
         物流|商品|货号|流水号|编号|付了|支付了|下了|优惠券|积分|会员号|序列号|发票|发票号|条码|工单|批次|pedido|número de pedido|\
         numero de pedido|seguimiento|rastreio|código de rastreio|envio|envío|factura|fatura|nota fiscal|protocolo|\
         producto|produto|referencia|referência|pesanan|nomor pesanan|resi|no resi|faktur|barang|commande|\
         numéro de commande|colis|suivi|facture|bestellung|bestellnummer|bestellnr|sendung|sendungsnummer|\
         sendungsverfolgung|rechnung|rechnungsnummer|artikel|artikelnummer|auftrag|auftragsnummer|ordine|\
         numero ordine|spedizione|fattura|zamówienie|zamówienia|przesyłka|przesyłki|faktura|bestelling|\
         bestelnummer|zending|sipariş|sipariş no|kargo|takip no|fatura no|заказ|заказа|номер заказа|трек|трек-номер|\
         накладная|посылка|счёт-фактура|注文|注文番号|追跡番号|伝票番号|お問い合わせ番号|商品番号|주문|주문번호|송장|송장번호|운송장|\
         상품|طلب|رقم الطلب|الطلب|شحنة|رقم الشحنة|ऑर्डर|ऑर्डर नंबर|कूरियर|คำสั่งซื้อ|หมายเลขคำสั่งซื้อ|พัสดุ|\
         đơn hàng|mã đơn|mã đơn hàng|vận đơn|số đơn",
    ),
    (
        Sense::Card,
        "card|cards|card number|card no|credit card|debit card|bank card|visa|mastercard|master card|amex|american express|\
         unionpay|union pay|maestro|discover|diners|diners club|jcb|cc|ccn|pan|卡|卡号|卡號|银行卡|銀行卡|信用卡|借记卡|储蓄卡|银联|\
         这张卡|tarjeta|tarjeta de crédito|tarjeta de debito|cartão|cartao|cartão de crédito|kartu|kartu kredit|\
         nomor kartu|carte|carte bancaire|carte bleue|carte de crédit|karte|kreditkarte|kartennummer|carta|\
         carta di credito|karta|karty|numer karty|kaart|kredietkaart|creditcard|kart|kartı|kredi kartı|карта|карты|карту|\
         картой|номер карты|カード|カード番号|クレジットカード|카드|카드번호|신용카드|بطاقة|البطاقة|بطاقتي|कार्ड|บัตร|บัตรเครดิต|thẻ|số thẻ",
    ),
    (
        Sense::CardCode,
        "cvv|cvc|cvv2|cvc2|cid code|security code|card code|安全码|安全碼|卡背面|背面三位|código de seguridad|\
         codigo de seguridad|código de segurança|cryptogramme|prüfnummer|kartenprüfnummer|セキュリティコード",
    ),
    (
        Sense::Identity,
        "ssn|social security|social security number|social insurance|sin|national id|national insurance|nino|ni number|\
         nhs|nhs number|identity|identity number|identity card|id number|id no|id card|personal id|tax id|\
         tax number|tin|tfn|itin|taxpayer|driver license|driving licence|身份证|身份证号|身份證|證件號|证件号|证件|身分證|税号|\
         社保号|dni|nie|nif|cif|documento|documento de identidad|cédula|cedula|rut|rfc|curp|cuit|cuil|rg|cpf|cnpj|\
         nif|nis|pis|nik|ktp|npwp|nomor ktp|sécurité sociale|numéro de sécu|sécu|nir|numéro fiscal|steuer-id|\
         steuerid|steuer id|steuernummer|steueridentifikationsnummer|idnr|identifikationsnummer|ausweis|\
         personalausweis|sozialversicherungsnummer|svnr|ahv|codice fiscale|cf|partita iva|pesel|nip|dowód|bsn|\
         burgerservicenummer|rijksregisternummer|personnummer|fødselsnummer|cpr|cpr-nummer|hetu|henkilötunnus|\
         isikukood|asmens kodas|personas kods|rodné číslo|cnp|egn|егн|oib|jmbg|amka|αμκα|afm|αφμ|tc|tc kimlik|\
         kimlik|kimlik no|tckn|t.c.|инн|снилс|паспортные данные|иин|рнокпп|マイナンバー|個人番号|住民番号|주민등록번호|주민번호|\
         외국인등록번호|aadhaar|aadhar|आधार|pan card|nric|fin|mykad|ic number|no kp|บัตรประชาชน|เลขประจำตัวประชาชน|cccd|cmnd|\
         căn cước|teudat zehut|תעודת זהות|emirates id|iqama|رقم الهوية|الهوية|هوية|الرقم القومي|hkid|身分证",
    ),
    (
        Sense::Bank,
        "bank account|account number|account no|acct|acct no|a/c|a/c no|iban|sort code|routing number|routing|swift|bic|\
         bsb|ifsc|clabe|银行账户|银行账号|银行帐号|銀行帳號|账号|帐号|賬號|账户|对公账户|开户行|收款账号|cuenta|cuenta bancaria|\
         número de cuenta|numero de cuenta|conta|conta corrente|conta bancária|agência|rekening|nomor rekening|no rekening|\
         norek|compte|compte bancaire|numéro de compte|rib|konto|kontonummer|bankkonto|kontonr|conto|conto corrente|\
         numer konta|rachunek|nr konta|rekeningnummer|hesap|hesap no|расчётный счёт|расчетный счет|номер счёта|\
         номер счета|口座|口座番号|계좌|계좌번호|رقم الحساب|حساب بنكي|खाता|खाता संख्या|เลขบัญชี|บัญชี|số tài khoản|stk",
    ),
    (
        Sense::Passport,
        "passport|passport no|passport number|护照|护照号|护照号码|護照|護照號碼|pasaporte|passaporte|paspor|nomor paspor|\
         passeport|reisepass|reisepassnummer|pass-nr|passnummer|passaporto|paszport|paspoort|pasaport|паспорт|\
         загранпаспорт|パスポート|旅券番号|旅券|여권|여권번호|جواز السفر|جواز|पासपोर्ट|หนังสือเดินทาง|พาสปอร์ต|hộ chiếu",
    ),
    (
        Sense::Phone,
        "phone|phone number|telephone|tel|mobile|mobile number|cell|cellphone|call|call me|call me at|call me back|whatsapp|\
         contact number|my number|text me|电话|電話|手机|手機|手机号|手機號|联系方式|联系我|打给我|拨打|teléfono|telefono|\
         celular|móvil|movil|llámame|llame|telefone|fone|me ligue|ligue|telepon|hubungi|nomor hp|no hp|\
         wa|téléphone|portable|appelez|tél|telefon|handy|handynummer|rufnummer|rufen|cellulare|chiamatemi|\
         telefonu|numer telefonu|telefoon|bel me|cep|telefonum|телефон|звоните|номер телефона|携帯|電話番号|전화|전화번호|\
         휴대폰|هاتف|رقم الهاتف|جوال|फोन|मोबाइल|โทร|เบอร์|เบอร์โทร|điện thoại|sđt",
    ),
    (
        Sense::Password,
        "password|passwords|passwort|kennwort|passcode|pass code|passphrase|pwd|passwd|login pass|pin|pin code|pin number|otp|\
         one-time code|one time code|one-time password|verification code|2fa code|auth code|sms code|密码|密碼|验证码|驗證碼|\
         动态码|支付密码|登录密码|口令|contraseña|contrasena|clave|código de verificación|código de verificacion|senha|\
         código de verificação|kata sandi|sandi|kode otp|kode verifikasi|mot de passe|mdp|code de vérification|code sms|\
         zugangscode|bestätigungscode|parola|codice di verifica|hasło|haslo|kod sms|wachtwoord|verificatiecode|şifre|\
         şifrem|doğrulama kodu|пароль|код из смс|код подтверждения|パスワード|暗証番号|認証コード|비밀번호|인증번호|인증 번호|\
         كلمة المرور|كلمة السر|الرقم السري|رمز التحقق|पासवर्ड|ओटीपी|รหัสผ่าน|รหัส otp|mật khẩu|mã otp",
    ),
    (
        Sense::Ask,
        "send|send me|send us|tell me|tell us|give me|give us|provide|share|confirm|enter|need your|what is your|\
         what's your|whats your|reply with|type your|read me|let me know|text me|please supply|提供|告诉|告訴|发给|发一下|\
         发我|發給|说一下|报一下|告知|输入您的|回复您的|是多少|envíe|envie|envíeme|mándame|dígame|díganos|indíqueme|\
         proporcione|facilite|necesito su|cuál es su|cuál es tu|me diga|informe|me envie|me passe|preciso da sua|\
         qual é a sua|qual a sua|kirim|kirimkan|berikan|sebutkan|envoyez|donnez|communiquez|indiquez|quel est votre|\
         schicken sie|senden sie|nennen sie|geben sie|teilen sie|wie lautet ihr|brauche ihr|mi invii|mi dica|fornisca|\
         qual è la sua|podaj|proszę podać|prześlij|stuur|geef|wat is uw|gönderin|söyleyin|paylaşın|пришлите|\
         сообщите|назовите|скажите|укажите|教えて|お知らせください|送って|알려|보내|말씀해|أرسل|أخبرنا|زودنا|भेजें|बताएं|ส่ง|แจ้ง|บอก|\
         gửi|cho biết|cung cấp",
    ),
    (Sense::Version, "v|ver|version|build|firmware|release|版本|版本号|versión|versão|versi"),
];

struct Lexicon {
    automaton: Option<AhoCorasick>,
    senses: Vec<Sense>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut senses = Vec::new();
    let mut patterns: Vec<String> = Vec::new();
    for (sense, list) in WORDS {
        for word in list.split('|') {
            // Texts are folded before they are read, and so are words.
            patterns.push(super::fold::Folded::of(word.trim()).text.into_owned());
            senses.push(*sense);
        }
    }
    for (place, beginning) in super::secret::BEGINNINGS.iter().enumerate() {
        patterns.push(beginning.text.to_owned());
        senses.push(Sense::Secret(place));
    }
    let built = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .build(patterns);
    Lexicon { automaton: built.ok(), senses }
});

/// Every word in a folded text, in its order.
pub(super) fn find(text: &str, words: &mut Vec<Word>) {
    let lexicon = &*LEXICON;
    let Some(automaton) = &lexicon.automaton else { return };
    let bytes = text.as_bytes();
    for found in automaton.find_iter(text) {
        let (start, end) = (found.start(), found.end());
        let sense = lexicon.senses[found.pattern().as_usize()];
        // Words of alphabets stand alone; Chinese, Japanese and Thai write without spaces.
        let letter = |byte: u8| byte.is_ascii_alphabetic();
        let cut = (letter(bytes[start]) && start > 0 && letter(bytes[start - 1]))
            || (letter(bytes[end - 1]) && bytes.get(end).copied().is_some_and(letter));
        if !cut || matches!(sense, Sense::Secret(_)) {
            words.push(Word { sense, start, end });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_alone_and_not_inside_another() {
        assert!(LEXICON.automaton.is_some());
        let senses = |text: &str| {
            let mut words = Vec::new();
            find(text, &mut words);
            words.into_iter().map(|word| word.sense).collect::<Vec<_>>()
        };
        assert_eq!(senses("the border of my discard pile"), []);
        assert_eq!(senses("ORDER 5, card 6"), [Sense::Order, Sense::Card]);
        assert_eq!(senses("订单号123"), [Sense::Order]);
    }
}
