"""The sets of questions that the reader is trained on, with their licences and shares."""

from typing import NamedTuple


class DataSet(NamedTuple):
    """A set: the name of its file without .jsonl.gz, its share of the pairs, its title, licence and page.

    `made_from` tells whether questions and tables are also made from its passages.
    """

    name: str
    share: float
    title: str
    licence: str
    page: str
    made_from: bool = False


SHIFTS = "https://modestyachts.github.io/squadshifts-website/"
SQUAD = "https://rajpurkar.github.io/SQuAD-explorer/"
SETS = (  # about four in ten pairs are from encyclopaedia articles with questions made for them
    DataSet("squad_v11_train", 40.0, "SQuAD 1.1", "CC BY-SA 4.0", SQUAD),
    DataSet("squad_v20_train_sample", 2.5, "SQuAD 2.0, a sample", "CC BY-SA 4.0", SQUAD),
    DataSet("squadshifts_new_wiki", 5.0, "SQuADShifts, Wikipedia", "CC BY 4.0", SHIFTS, made_from=True),
    DataSet("squadshifts_reddit", 8.0, "SQuADShifts, Reddit", "CC BY 4.0", SHIFTS, made_from=True),
    DataSet("squadshifts_amazon_reviews", 8.0, "SQuADShifts, Amazon reviews", "CC BY 4.0", SHIFTS, made_from=True),
    DataSet(
        "qed_nq",
        9.0,
        "QED",
        "CC BY-SA 3.0",
        "https://github.com/google-research-datasets/QED",
        made_from=True,
    ),
    DataSet(
        "nq_open_gold",
        4.5,
        "Natural Questions, open",
        "CC BY-SA 3.0",
        "https://ai.google.com/research/NaturalQuestions",
    ),
    DataSet("multispanqa_valid", 1.2, "MultiSpanQA", "CC BY-SA 3.0", "https://multi-span.github.io/"),
    DataSet("medquad", 5.0, "MedQuAD", "CC BY 4.0", "https://github.com/abachaa/MedQuAD", made_from=True),
    DataSet("fairytaleqa", 3.5, "FairytaleQA", "Apache-2.0", "https://github.com/uci-soe/FairytaleQAData"),
    DataSet("qamr_wiki", 2.5, "QAMR", "MIT", "https://github.com/uwnlp/qamr"),
    DataSet("timeqa_human", 4.0, "TimeQA", "BSD-3-Clause", "https://github.com/wenhuchen/Time-Sensitive-QA"),
    DataSet("molweni_test", 3.5, "Molweni", "Apache-2.0", "https://github.com/HIT-SCIR/Molweni"),
    DataSet("quoref_contrast", 1.3, "Quoref, contrast set", "CC BY 4.0", "https://allenai.org/data/quoref"),
    DataSet("pubmedqa_l", 0.8, "PubMedQA", "MIT", "https://github.com/pubmedqa/pubmedqa", made_from=True),
    DataSet("selqa_dev", 0.7, "SelQA", "Apache-2.0", "https://github.com/emorynlp/selqa"),
)
MADE_SHARES = {"made_questions": 7.0, "made_tables": 4.0}
NEAR_FILE = "near_negatives.refs.jsonl.gz"
