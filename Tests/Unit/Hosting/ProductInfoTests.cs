using TraversalLearning.Hosting;

namespace TraversalLearning.Tests.Unit.Hosting;

/// <summary>What <c>--version</c> prints.</summary>
public sealed class ProductInfoTests
{
    [TestCase("0.1.0+03db8ba4e40f", "03db8ba4e40f")]
    [TestCase("0.1.0", null)]
    public void Informational_version_has_the_commit_behind_its_plus(string version, string? commit) =>
        Assert.That(ProductInfo.CommitOf(version), Is.EqualTo(commit));

    [TestCase("03db8ba", "commit 03db8ba")]
    [TestCase(null, "unknown commit")]
    public void Line_names_version_commit_and_libtorch(string? commit, string expected)
    {
        string[] parts = ProductInfo.Line("Node", commit).Split(", ");
        Assert.That(parts, Has.Length.EqualTo(3));
        Assert.That(parts[0], Is.EqualTo($"Node {ProductInfo.Version}"));
        Assert.That(parts[1], Is.EqualTo(expected));
        Assert.That(parts[2], Does.StartWith("libtorch "));
        Assert.That(Version.TryParse(parts[2]["libtorch ".Length..], out _), parts[2]);
    }
}
