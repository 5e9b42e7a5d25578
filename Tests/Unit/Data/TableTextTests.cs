using TraversalLearning.Data;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>Which spellings are one name, and which only look like it.</summary>
public sealed class TableTextTests
{
    [TestCase("1", "1.0", "01", "+1", "1.", "1.000", " 1\u200B")]
    [TestCase("0", "-0", "0.0", ".0", "000")]
    [TestCase("-0.5", "-.5", "-00.50")]
    [TestCase("12345678901234567890", "12345678901234567890.0")]
    [TestCase("K\u00F6ln", "Ko\u0308ln", " K\u00F6ln\u00A0", "\uFEFFK\u00F6ln", "K\u00F6ln\u200B\u200D")]
    [TestCase("a b", "a b ", "\ta b")]
    public void Spellings_of_one_name_become_one(string name, params string[] spellings) =>
        Assert.That(spellings.Append(name).Select(TableText.Value), Has.All.EqualTo(name));

    [TestCase("1", "-1", "1.5", "10", "1E0", "0x1", "1,0")]
    [TestCase("12345678901234567890", "12345678901234567891", "1.2345678901234567891E19")]
    [TestCase("0e1", "0e2", "0")]
    [TestCase("A", "a", "A+", "A-", "\u00C4", "A A")]
    [TestCase(".", "-", "+", "+.", "-.", "")]
    public void Other_names_stay_apart(params string[] names) => Assert.That(names.Select(TableText.Value), Is.Unique);

    [TestCase("yes", "Yes", "YES", "y\u200Bes", "ye s", "y\u00E9s")]
    [TestCase("non-smoker", "Non Smoker", "nonsmoker", "non_smoker")]
    [TestCase("1000", "1e3", "1000,0")]
    public void What_looks_like_one_name_is_seen(params string[] names) => Assert.That(names.Select(TableText.Likeness).Distinct(StringComparer.Ordinal).ToArray(), Has.Length.EqualTo(1));

    [TestCase("A+", "A-", "A", "B")]
    [TestCase("-1", "1", "1.5", "15")]
    [TestCase("2-3", "23")]
    [TestCase("\u2013", "?", "!")]
    public void What_does_not_look_alike_is_left_alone(params string[] names) => Assert.That(names.Select(TableText.Likeness), Is.Unique);
}
