import pytest

from app.catalog.citations import annex_of, chinese_number, cite, cite_annex, in_english, place

CITED = [
    (1, "", "第一条", "Article 1"),
    (6, "4", "第六条（四）", "Article 6 (4)"),
    (5, "2.1", "第五条（二）1", "Article 5 (2) 1"),
    (5, "last", "第五条末款", "Article 5, last paragraph"),
    (11, "", "第十一条", "Article 11"),
    (20, "10.12", "第二十条（十）12", "Article 20 (10) 12"),
    (99, "", "第九十九条", "Article 99"),
]


@pytest.mark.parametrize(("number", "clause", "chinese", "english"), CITED)
def test_a_clause_is_cited_and_found_again(number, clause, chinese, english):
    assert cite(number, clause) == chinese
    assert place(chinese) == (number, clause)
    assert in_english(chinese) == english
    assert annex_of(chinese) is None


@pytest.mark.parametrize("number", range(1, 100))
def test_every_number_of_an_article_reads_back(number):
    assert place(f"第{chinese_number(number)}条")[0] == number


def test_an_annex_is_cited_with_the_place_in_it():
    assert cite_annex(3) == "附件3"
    assert annex_of("附件3") == 3
    assert in_english("附件3") == "Annex 3"
    assert in_english(cite_annex(1, "二（二）10")) == "Annex 1, II (2) 10"


@pytest.mark.parametrize("reference", ["", "第条", "第六条（四", "6.4", "附件", "第六条 （四）"])
def test_what_is_no_citation_is_refused(reference):
    with pytest.raises(ValueError, match="not a citation"):
        place(reference)
