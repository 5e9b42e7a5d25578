using System.Xml.Linq;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Audit;

namespace TraversalLearning.Tests.Unit.Audit;

public sealed class PixelPictureTests
{
    [Test]
    public void Runs_of_a_colour_are_one_path()
    {
        // Scaled back by 0.5 and 0.5: black, black, white over white, black, NaN, which is black.
        XElement svg = PixelPicture.Of([-1, -1, 1, 1, -7, double.NaN], [1, 2, 3], new Normalisation(0.5, 0.5), "a picture");
        XNamespace name = svg.Name.Namespace;
        Assert.That(svg.Elements(name + "path").Select(p => ((string)p.Attribute("fill")!, (string)p.Attribute("d")!)), Is.EqualTo(((string, string)[])
        [
            ("#000000", "M0 0h2v1h-2zM1 1h2v1h-2z"), ("#ffffff", "M2 0h1v1h-1zM0 1h1v1h-1z"),
        ]));
        Assert.That(svg.Element(name + "title")!.Value, Is.EqualTo("a picture"));
    }

    [Test]
    public void Channels_are_colours() => Assert.That(
        (string)PixelPicture.Of([1, 0, 1, 0, 0, 1], [3, 1, 2], new Normalisation(0, 1), string.Empty).Descendants().Last().Attribute("fill")!, Is.EqualTo("#ffff00"));

    [TestCase(true, 1, 28, 28)]
    [TestCase(true, 3, 32, 32)]
    [TestCase(false, 784)]
    [TestCase(false, 2, 8, 8)]
    [TestCase(false, 1, 1, 9)]
    public void Only_images_can_be_shown(bool canBeShown, params int[] shape) =>
        Assert.That(PixelPicture.CanShow(Array.ConvertAll(shape, s => (long)s)), Is.EqualTo(canBeShown));
}
