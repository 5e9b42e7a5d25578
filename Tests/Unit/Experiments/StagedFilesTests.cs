using System.Text;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Experiments;

/// <summary>Files that come over the wire go where they belong, all of a set or none.</summary>
public sealed class StagedFilesTests
{
    private static readonly RunId Id = new("a", 1);
    private TempFolder _folder = null!;

    [SetUp]
    public void Prepare() => _folder = new TempFolder();

    [TearDown]
    public void Clean() => _folder.Dispose();

    [TestCase("run.json", true)]
    [TestCase("checkpoints/step-000010/model.safetensors", true)]
    [TestCase("inputs/3-model.json", true)]
    [TestCase("", false)]
    [TestCase("/etc/passwd", false)]
    [TestCase("../run.json", false)]
    [TestCase("a/../b", false)]
    [TestCase("a//b", false)]
    [TestCase("a/", false)]
    [TestCase(".lock", false)]
    [TestCase("a/.b", false)]
    [TestCase("a\\b", false)]
    [TestCase("a\0", false)]
    [TestCase("C:x", false)]
    [TestCase("ä", false)]
    [TestCase("a/b/c/d", false)]
    public void Names_lead_nowhere_else(string name, bool isSafe)
    {
        Assert.That(RunPaths.IsSafe(name), Is.EqualTo(isSafe));
        var staged = new StagedFiles(_folder["run"], maxBytes: 100);
        Assert.That(() => staged.Add(Piece(name, 0, "x", 1)), isSafe ? Throws.Nothing : Throws.InstanceOf<IOException>());
    }

    [Test]
    public void A_checkpoint_is_seen_when_all_of_it_has_come()
    {
        var staged = new StagedFiles(_folder["run"], maxBytes: 100);
        const string Checkpoint = "checkpoints/step-000003";
        Assert.That(staged.Add(Piece($"{Checkpoint}/a", 0, "ab", 4)), Is.False);
        Assert.That(Directory.Exists(_folder["run", "checkpoints"]), Is.False);
        Assert.That(staged.Add(Piece($"{Checkpoint}/a", 2, "cd", 4)), Is.True);
        Assert.That(staged.Add(Piece($"{Checkpoint}/empty", 0, "", 0)), Is.True);
        staged.PlaceFolder(Checkpoint);
        Assert.That(File.ReadAllText(_folder["run", "checkpoints", "step-000003", "a"]), Is.EqualTo("abcd"));
        Assert.That(new FileInfo(_folder["run", "checkpoints", "step-000003", "empty"]).Length, Is.Zero);
        Assert.That(RunPaths.CheckpointOf(_folder["run"]).Step, Is.EqualTo(3));
        Assert.That(RunPaths.CheckpointOf(_folder["run"]).Files.Keys, Is.EqualTo((string[])[$"{Checkpoint}/a", $"{Checkpoint}/empty"]));
    }

    [Test]
    public void Files_take_the_place_of_earlier_ones()
    {
        _folder.Write("run.json", "old"u8.ToArray());
        var staged = new StagedFiles(_folder.Path, maxBytes: 100);
        staged.Add(Piece("run.json", 0, "new", 3));
        staged.Add(Piece("metrics.csv", 0, "x", 1));
        Assert.That(File.ReadAllText(_folder["run.json"]), Is.EqualTo("old"));
        staged.PlaceFiles(last: "run.json");
        Assert.That(File.ReadAllText(_folder["run.json"]), Is.EqualTo("new"));
        Assert.That(File.ReadAllText(_folder["metrics.csv"]), Is.EqualTo("x"));
    }

    [TestCase(1, "ab", 4, "out of order")]
    [TestCase(0, "abcde", 4, "larger")]
    [TestCase(0, "ab", 101, "larger")]
    [TestCase(3, "ab", 4, "larger")]
    public void A_piece_that_does_not_belong_is_refused(long offset, string data, long size, string why)
    {
        var staged = new StagedFiles(_folder.Path, maxBytes: 100);
        Assert.That(() => staged.Add(Piece("a", offset, data, size)), Throws.InstanceOf<IOException>().With.Message.Contains(why));
    }

    [Test]
    public void All_files_of_a_set_together_have_a_limit()
    {
        var staged = new StagedFiles(_folder.Path, maxBytes: 100);
        staged.Add(Piece("a", 0, new string('x', 60), 60));
        Assert.That(() => staged.Add(Piece("b", 0, new string('x', 60), 60)), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void Files_that_a_command_line_names_get_names_of_their_own_and_come_back_as_paths()
    {
        string model = _folder.Write("my model.json", "{}"u8.ToArray());
        string[] arguments = ["--algorithm", "tl", "--model", model, "--groups", "not there.yaml", "--dataset", _folder.Path];
        IReadOnlyDictionary<string, string> inputs = RunPaths.InputsOf(arguments);
        Assert.That(inputs, Is.EqualTo(new Dictionary<string, string>(StringComparer.Ordinal) { ["inputs/2-my-model.json"] = model }));
        string[] named = RunPaths.Named(arguments);
        Assert.That(named, Is.EqualTo((string[])["--algorithm", "tl", "--model", "inputs/2-my-model.json", "--groups", "not there.yaml", "--dataset", _folder.Path]));
        Assert.That(RunPaths.Placed(named, "/w")[3], Is.EqualTo("/w/inputs/2-my-model.json"));
        Assert.That(RunPaths.Placed(["--model", "inputs/../../etc/passwd"], "/w")[1], Is.EqualTo("inputs/../../etc/passwd"), "not a name");
    }

    private static RunFile Piece(string name, long offset, string data, long size) => new(Id, name, offset, size, Encoding.ASCII.GetBytes(data));
}
