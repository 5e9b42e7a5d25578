using TraversalLearning.Files;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Files;

/// <summary>A file that may not be read is not one that is missing. Tests may run as root, whom no mode keeps out: so what the system throws is made here.</summary>
internal sealed class FileErrorTests
{
    [Test]
    public void What_may_not_be_read_is_not_what_is_not_there()
    {
        using var folder = new TempFolder();
        string file = folder.Write("a", [1]);
        Assert.That(FileError.ReasonOf(file, new UnauthorizedAccessException("Access to the path is denied.")), Is.EqualTo("permission denied"));
        Assert.That(FileError.ReasonOf(folder.Path, new UnauthorizedAccessException("Access to the path is denied.")), Is.EqualTo("it is a folder"));
        Assert.That(FileError.ReasonOf(file, new FileNotFoundException()), Is.EqualTo("not found"));
        Assert.That(FileError.ReasonOf(file, new DirectoryNotFoundException()), Is.EqualTo("not found"));
        Assert.That(FileError.ReasonOf(file, new IOException("No space left on device")), Is.EqualTo("No space left on device"));
        string model = Directory.CreateDirectory(folder["model.json"]).FullName;
        Assert.That(() => DescriptionFile.Read(model), Throws.TypeOf<ModelException>().With.Message.EqualTo($"model file '{model}': it is a folder"));
    }
}
