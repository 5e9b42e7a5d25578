using TraversalLearning.Data;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>Which samples are the same kind of thing.</summary>
public sealed class SampleTraitsTests
{
    private static readonly SampleTraits Numbers = new(SampleElement.Float32, [3, 8, 6]) { Range = (0, 1) };

    [TestCase("[3, 8, 6]", "[3, 8, 6]", true)]
    [TestCase("[1, 28, 28]", "[28, 28]", true)]
    [TestCase("[784]", "[28, 28]", true)]
    [TestCase("[1, 28, 28]", "[784]", true)]
    [TestCase("[1]", "[1, 1]", true)]
    [TestCase("[3, 8, 6]", "[8, 6, 3]", false)]
    [TestCase("[3, 8, 6]", "[3, 6, 8]", false)]
    [TestCase("[784]", "[28, 27]", false)]
    [TestCase("[4, 4]", "[2, 8]", false)]
    public void Shapes_are_the_same_up_to_ones_in_front_or_where_one_is_flat(string one, string other, bool same)
    {
        Assert.That(SampleShape.IsSame(Shape(one), Shape(other)), Is.EqualTo(same));
        Assert.That(SampleShape.IsSame(Shape(other), Shape(one)), Is.EqualTo(same));
    }

    [Test]
    public void Bytes_and_numbers_are_told_apart() => Assert.That(
        Numbers.Difference("node 2", new SampleTraits(SampleElement.UInt8, [3, 8, 6]), "node 1", anyRange: true),
        Is.EqualTo("the samples of node 2 are float32, numbers, which are not scaled, and those of node 1 uint8, pixels, which are scaled; save all as the same"));

    [Test]
    public void Shapes_are_told_apart() => Assert.That(
        Numbers.Difference("node 2", Numbers with { Shape = [8, 6, 3] }, "the test set", anyRange: true),
        Is.EqualTo("the samples of node 2 have the shape [3, 8, 6], and those of the test set [8, 6, 3]; save all in the same"));

    [TestCase(0, 1, 0, 255, true)]
    [TestCase(-2.5, 3, 0, 1, false)]
    [TestCase(0, 1, -99, 0, false)]
    [TestCase(0, 0, 0, 255, false)]
    [TestCase(0, 1, -3.4e38, 1, false)]
    [TestCase(-300, 0, 0, 2, true)]
    public void Numbers_of_another_magnitude_are_told_apart(double least, double largest, double otherLeast, double otherLargest, bool apart)
    {
        SampleTraits one = Numbers with { Range = (least, largest) };
        SampleTraits other = Numbers with { Element = SampleElement.Float64, Range = (otherLeast, otherLargest) };
        Assert.That(one.Difference("node 2", other, "node 1", anyRange: false) is not null, Is.EqualTo(apart));
        Assert.That(other.Difference("node 1", one, "node 2", anyRange: false) is not null, Is.EqualTo(apart));
        Assert.That(one.Difference("node 2", other, "node 1", anyRange: true), Is.Null);
    }

    [Test]
    public void What_stands_for_a_missing_value_is_pointed_out_and_says_nothing_of_the_unit()
    {
        Assert.That((Numbers with { Range = (-3.4e38, 1) }).Doubt("node 2"), Is.EqualTo("the numbers of node 2 are from -3.4E+38 to 1: does one of them stand for a value that is missing?"));
        Assert.That(Numbers.Doubt("node 2"), Is.Null);
    }

    [Test]
    public void Of_the_extremes_two_digits_are_said()
    {
        byte[] values = [.. new[] { -123.456f, 0f, 98.76f, 3f }.SelectMany(BitConverter.GetBytes)];
        Assert.That(SampleTraits.Of(new SampleSet(SampleElement.Float32, [2], values, [0, 1])).Range, Is.EqualTo((-120.0, 99.0)));
        Assert.That(SampleTraits.Of(new SampleSet(SampleElement.Float32, [2], [], [])).Range, Is.Null);
        Assert.That(SampleTraits.Of(new SampleSet(SampleElement.UInt8, [2], [1, 2], [0])).Range, Is.Null);
    }

    [Test]
    public void Of_a_range_that_few_samples_reach_only_what_enough_reach_is_said()
    {
        // Three samples have -9, -2, and -1 for their least, and 5, 4 and 99 for their largest.
        byte[] values = [.. new[] { -9f, 5f, -2f, 4f, -1f, 99f }.SelectMany(BitConverter.GetBytes)];
        var samples = new SampleSet(SampleElement.Float32, [2], values, [0, 1, 1]);
        Assert.That(SampleTraits.Of(samples, minCount: 1).Range, Is.EqualTo((-9.0, 99.0)));
        Assert.That(SampleTraits.Of(samples, minCount: 2).Range, Is.EqualTo((-2.0, 5.0)));
        Assert.That(SampleTraits.Of(samples, minCount: 3).Range, Is.EqualTo((-1.0, 4.0)));
        Assert.That(SampleTraits.Of(samples, minCount: 4).Range, Is.Null);
    }

    private static long[] Shape(string text) => [.. text.Trim('[', ']').Split(", ").Select(long.Parse)];
}
