"""Texts that faults are made of: sentences in other languages, leaked words, names nobody has."""

from __future__ import annotations

LANGUAGES = {
    "de": (
        "Die Funktion gibt den Wert zurück, der zuletzt gespeichert wurde.",
        "Der Server startet neu, sobald sich die Einstellungen geändert haben.",
        "Im Winter schlafen viele Tiere länger, weil sie wenig Nahrung finden.",
    ),
    "en": (
        "The function returns the value that was stored last.",
        "The server starts again as soon as the settings have changed.",
        "In winter many animals sleep longer, since they find little food.",
    ),
    "es": (
        "La función devuelve el último valor que se ha guardado.",
        "El servidor se reinicia en cuanto cambia la configuración.",
        "En invierno muchos animales duermen más porque encuentran poca comida.",
    ),
    "fr": (
        "La fonction renvoie la dernière valeur qui a été enregistrée.",
        "Le serveur redémarre dès que les paramètres ont changé.",
        "En hiver, beaucoup d'animaux dorment plus longtemps, car ils trouvent peu à manger.",
    ),
    "it": (
        "La funzione restituisce l'ultimo valore che è stato salvato.",
        "Il server si riavvia non appena le impostazioni sono cambiate.",
        "In inverno molti animali dormono più a lungo perché trovano poco cibo.",
    ),
    "nl": (
        "De functie geeft de waarde terug die het laatst is opgeslagen.",
        "De server start opnieuw zodra de instellingen zijn gewijzigd.",
        "In de winter slapen veel dieren langer, omdat ze weinig voedsel vinden.",
    ),
    "pl": (
        "Funkcja zwraca wartość, która została zapisana jako ostatnia.",
        "Serwer uruchamia się ponownie, gdy tylko zmienią się ustawienia.",
        "Zimą wiele zwierząt śpi dłużej, ponieważ znajduje mało pożywienia.",
    ),
    "pt": (
        "A função devolve o último valor que foi guardado.",
        "O servidor reinicia assim que as configurações são alteradas.",
        "No inverno muitos animais dormem mais, porque encontram pouca comida.",
    ),
    "sv": (
        "Funktionen returnerar det värde som sparades senast.",
        "Servern startar om så snart inställningarna har ändrats.",
        "På vintern sover många djur längre, eftersom de hittar lite mat.",
    ),
    "tr": (
        "Fonksiyon en son kaydedilen değeri geri döndürür.",
        "Ayarlar değişir değişmez sunucu yeniden başlar.",
        "Kışın pek çok hayvan az yiyecek bulduğu için daha uzun uyur.",
    ),
    "ru": (
        "Функция возвращает значение, которое было сохранено последним.",
        "Сервер перезапускается, как только изменились настройки.",
        "Зимой многие животные спят дольше, потому что находят мало пищи.",
    ),
    "ar": (
        "تعيد الدالة آخر قيمة تم حفظها.",
        "يعاد تشغيل الخادم فور تغيير الإعدادات.",
        "في الشتاء تنام حيوانات كثيرة مدة أطول لأنها تجد القليل من الطعام.",
    ),
    "hi": (
        "यह फ़ंक्शन वह मान लौटाता है जो सबसे अंत में सहेजा गया था।",
        "सेटिंग बदलते ही सर्वर फिर से शुरू हो जाता है।",
        "सर्दियों में कई जानवर अधिक देर तक सोते हैं, क्योंकि उन्हें कम भोजन मिलता है।",
    ),
    "ja": (
        "この関数は最後に保存された値を返します。",
        "設定が変更されると、サーバーはすぐに再起動します。",
        "冬は食べ物が少ないため、多くの動物は長く眠ります。",
    ),
    "ko": (
        "이 함수는 마지막으로 저장된 값을 돌려줍니다.",
        "설정이 바뀌면 서버가 곧바로 다시 시작됩니다.",
        "겨울에는 먹이가 적어서 많은 동물이 더 오래 잡니다.",
    ),
    "zh": (
        "该函数返回最后保存的值。",
        "设置一旦更改，服务器就会重新启动。",
        "冬天食物很少，所以许多动物睡得更久。",
    ),
}
"""Three sentences with the same three meanings in each language."""

LEAKS = (  # of an answer: {} is the answer, {q} its question
    "Answer: {}",
    "Question: {q}\nAnswer: {}",
    "<|assistant|>{}",
    "{}<|im_end|>",
    "{}</s>",
    "### Response:\n{}",
    "{}\n\n### Instruction:",
    "[/INST] {}",
    "Assistant: {}",
    "{}\n\nQ: {q}",
    "**Answer:** {}",
    "<p>{}</p>",
    "{}\n\nReply with the answer only.",
)

CHATTER = (
    "As an AI language model, I can tell you that {lower}",
    "Sure! {}",
    "Certainly! Here is the answer to your question: {}",
    "I'm sorry, but I don't have enough information to answer that question.",
    "{} I hope this helps! Let me know if you have any other questions.",
    "Great question! {}",
    "I am an AI assistant and do not have personal opinions, but {lower}",
    "{} What else would you like to know?",
    "Here's the answer you asked for: {}",
)

POINTERS = (  # of a question: {} is the question, {lower} with its first letter small
    "According to the passage, {lower}",
    "Based on the text above, {lower}",
    "In the given paragraph, {lower}",
    "As described in the document, {lower}",
    "According to this section, {lower}",
    "From the information provided, {lower}",
)

HANGING = {  # by the first word of the question, which then has nothing else as its subject
    "what": ("What does it do?", "What is this?", "What is this used for?", "What does this mean?"),
    "why": ("Why is this done?", "Why does it happen?", "Why is it needed?"),
    "how": ("How does it work?", "How is this done?", "How can this be used?"),
    "when": ("When does it happen?", "When is this used?"),
    "where": ("Where is it?", "Where is this used?"),
    "who": ("Who made it?", "Who uses this?"),
    "can": ("Can it do this?", "Can this be changed?"),
    "is": ("Is it like this?", "Is this possible with them?"),
    "does": ("Does it do that?", "Does this work?"),
    "": ("Explain this.", "Describe how it works.", "Tell me about these."),
}

SNAKE = ("load_tensor_map", "retry_quota", "set_beacon_mode", "flush_ledger", "max_drift_ms")
CAMEL = ("QuotaLedger", "BeaconSession", "TensorMapper", "DriftMonitor", "LatticeStore")
UPPER = ("QXTP", "DRLN", "VBMX", "ZKHP", "JTRQ")
NAMES = ("Brantley", "Okafor", "Vessel", "Kestrel", "Lindqvist", "Tamarind", "Halloway", "Zephyr")
"""Names that passages lack: variables, classes, abbreviations, names of people and of things."""

VERBS = {  # of an answer, with the form that follows "does not"
    "accepts": "accept",
    "allows": "allow",
    "applies": "apply",
    "becomes": "become",
    "belongs": "belong",
    "consists": "consist",
    "contains": "contain",
    "creates": "create",
    "depends": "depend",
    "describes": "describe",
    "gives": "give",
    "handles": "handle",
    "helps": "help",
    "includes": "include",
    "keeps": "keep",
    "makes": "make",
    "means": "mean",
    "needs": "need",
    "offers": "offer",
    "provides": "provide",
    "raises": "raise",
    "requires": "require",
    "returns": "return",
    "runs": "run",
    "sleeps": "sleep",
    "supports": "support",
    "takes": "take",
    "tells": "tell",
    "uses": "use",
    "works": "work",
}
