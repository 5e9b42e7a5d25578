using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>Samples in memory: what is selected, and what tells a set from another.</summary>
public sealed class SampleSetTests
{
    private static readonly SampleSet Grey = SampleSet.GreyImages([1, 2, 3, 4, 5, 6], [7, 8, 9], rows: 1, columns: 2);
    private static readonly SampleSet Floats = new(SampleElement.Float32, [2], [.. Enumerable.Range(0, 24).Select(i => (byte)i)], [0, 300, 2]);

    [Test]
    public void Select_copies_samples_in_the_order_asked_for()
    {
        SampleSet some = Grey.Select([2, 0, 2]);
        Assert.That(some.Values, Is.EqualTo((byte[])[5, 6, 1, 2, 5, 6]));
        Assert.That(some.Labels, Is.EqualTo((int[])[9, 7, 9]));
        Assert.That(some.Sample(1).ToArray(), Is.EqualTo((byte[])[1, 2]));
        Assert.That(Grey.Select([]).Count, Is.Zero);

        SampleSet wide = Floats.Select([1]);
        Assert.That(wide.Values, Is.EqualTo(Enumerable.Range(8, 8)));
        Assert.That((wide.Element, wide.SampleSize, wide.SampleBytes, wide.ClassesSeen()), Is.EqualTo((SampleElement.Float32, 2, 8, 301)));
    }

    [TestCase(-1)]
    [TestCase(3)]
    public void Select_refuses_an_index_that_is_not_there(int index) =>
        Assert.That(() => Grey.Select([0, index]), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Sizes_that_do_not_fit_the_shape_are_refused()
    {
        Assert.That(() => SampleSet.GreyImages(new byte[5], new byte[3], 1, 2), Throws.ArgumentException);
        Assert.That(() => new SampleSet(SampleElement.Float64, [2], new byte[8], [0]), Throws.ArgumentException);
        Assert.That(() => new SampleSet(SampleElement.UInt8, [2], new byte[2], new SampleTargets(1, [1, 2])), Throws.ArgumentException);
        Assert.That(() => new SampleTargets(2, [1, 2, 3]), Throws.ArgumentException);
        Assert.That(() => new SampleSet(SampleElement.UInt8, [0], [], []), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void The_fingerprint_of_grey_images_is_that_of_shape_pixels_and_labels()
    {
        byte[] all = [3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        Assert.That(Grey.Fingerprint(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(all))));
        Assert.That(Grey.Select([0, 1, 2]).Fingerprint(), Is.EqualTo(Grey.Fingerprint()));
        Assert.That(Grey.Select([1, 0, 2]).Fingerprint(), Is.Not.EqualTo(Grey.Fingerprint()));
        Assert.That(SampleSet.GreyImages(Grey.Values, [7, 8, 9], 2, 1).Fingerprint(), Is.Not.EqualTo(Grey.Fingerprint()));
    }

    [Test]
    public void The_fingerprint_of_all_else_says_what_it_is_of()
    {
        byte[] all =
        [
            .. Encoding.ASCII.GetBytes("TL samples 1float32\0"),
            1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0,
            .. Floats.Values,
            0, 0, 0, 0, 44, 1, 0, 0, 2, 0, 0, 0,
        ];
        Assert.That(Floats.Fingerprint(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(all))));
    }

    [Test]
    public void Sets_that_differ_in_anything_have_different_fingerprints()
    {
        byte[] values = new byte[16];
        SampleSet[] sets =
        [
            new(SampleElement.UInt8, [1, 2, 4], values, [0, 1]),
            new(SampleElement.UInt8, [2, 1, 4], values, [0, 1]),
            new(SampleElement.UInt8, [8], values, [0, 1]),
            new(SampleElement.UInt8, [1, 2, 4], values, [0, 256]),
            new(SampleElement.Float32, [2], values, [0, 1]),
            new(SampleElement.Int32, [2], values, [0, 1]),
            new(SampleElement.Int32, [1, 2], values, [0, 1]),
            new(SampleElement.Int64, [1], values, [0, 1]),
            new(SampleElement.Float64, [1], values, [0, 1]),
            new(SampleElement.Float64, [2], values, [1]),
            new(SampleElement.Float64, [2], values, new SampleTargets(1, [1])),
            new(SampleElement.Float64, [2], values, new SampleTargets(1, [2])),
            new(SampleElement.Float64, [2], values, new SampleTargets(2, [1, 2])),
            new(SampleElement.UInt8, [1, 2, 4], values, new SampleTargets(1, [0, 1])),
        ];
        Assert.That(sets.Select(s => s.Fingerprint()), Is.Unique);
        Assert.That(sets[^1].Select([1, 0]).Targets!.Values, Is.EqualTo((double[])[1, 0]), "labels go with their samples");
    }
}
