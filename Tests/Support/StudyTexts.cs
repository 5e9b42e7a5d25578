using System.CommandLine;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Studies;

namespace TraversalLearning.Tests.Support;

/// <summary>Files of a study in a folder of their own, read as the program reads them.</summary>
internal sealed class StudyTexts : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RunFlags _flags = new();
    private readonly RootCommand _root = new();

    public StudyTexts() => _flags.AddTo(_root, FlagUse.Run);

    /// <summary>Writes a file, and gives its path.</summary>
    public string Write(string name, string text) => _folder.Write(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a study of one file.</summary>
    public Study Read(string text, int workers = 1) => ReadFile(Write("study.yaml", text), workers);

    /// <summary>Reads a study.</summary>
    public Study ReadFile(string path, int workers = 1) => StudyFile.Read(path, _root, _flags, workers);

    /// <summary>What is said of a study that is wrong, without the folder's path.</summary>
    public string Refuse(string text)
    {
        UserErrorException error = Assert.Throws<UserErrorException>(() => Read(text))!;
        Assert.That(error.ExitCode, Is.EqualTo(ExitCode.Usage));
        return error.Message.Replace(_folder.Path + Path.DirectorySeparatorChar, string.Empty, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
