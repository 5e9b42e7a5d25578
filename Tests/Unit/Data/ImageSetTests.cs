using System.Security.Cryptography;
using TraversalLearning.Data;

namespace TraversalLearning.Tests.Unit.Data;

public sealed class ImageSetTests
{
    private static readonly ImageSet Set = new([1, 2, 3, 4, 5, 6], [7, 8, 9], rows: 1, columns: 2);

    [Test]
    public void Select_copies_samples_in_the_order_asked_for()
    {
        ImageSet some = Set.Select([2, 0, 2]);
        Assert.That(some.Pixels, Is.EqualTo((byte[])[5, 6, 1, 2, 5, 6]));
        Assert.That(some.Labels, Is.EqualTo((byte[])[9, 7, 9]));
        Assert.That(some.Sample(1).ToArray(), Is.EqualTo((byte[])[1, 2]));
        Assert.That(Set.Select([]).Count, Is.Zero);
    }

    [TestCase(-1)]
    [TestCase(3)]
    public void Select_refuses_an_index_that_is_not_there(int index) =>
        Assert.That(() => Set.Select([0, index]), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Sizes_that_do_not_fit_the_shape_are_refused() =>
        Assert.That(() => new ImageSet(new byte[5], new byte[3], 1, 2), Throws.ArgumentException);

    [Test]
    public void The_fingerprint_is_that_of_shape_pixels_and_labels()
    {
        byte[] all = [3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        Assert.That(Set.Fingerprint(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(all))));
        Assert.That(Set.Select([0, 1, 2]).Fingerprint(), Is.EqualTo(Set.Fingerprint()));
        Assert.That(Set.Select([1, 0, 2]).Fingerprint(), Is.Not.EqualTo(Set.Fingerprint()));
        Assert.That(new ImageSet(Set.Pixels, Set.Labels, 2, 1).Fingerprint(), Is.Not.EqualTo(Set.Fingerprint()));
    }
}
