using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Files;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Checkpoints;

public sealed class CheckpointStoreTests
{
    private readonly List<string> _damaged = [];
    private TempFolder _folder = null!;
    private CheckpointStore _store = null!;

    /// <summary>Every file of a checkpoint, and what is done to its bytes; null to delete it.</summary>
    private static IEnumerable<TestCaseData> Damages()
    {
        foreach (string file in new[] { "manifest.json", "model.safetensors", "state.safetensors" })
        {
            yield return Damage(file, "missing", _ => null);
            yield return Damage(file, "empty", _ => []);
            yield return Damage(file, "cut after a byte", b => b[..1]);
            yield return Damage(file, "cut in the middle", b => b[..(b.Length / 2)]);
            yield return Damage(file, "last byte cut", b => b[..^1]);
            yield return Damage(file, "one byte more", b => [.. b, 0]);
            yield return Damage(file, "first byte flipped", b => Flip(b, 0));
            yield return Damage(file, "middle byte flipped", b => Flip(b, b.Length / 2));
            yield return Damage(file, "last byte flipped", b => Flip(b, b.Length - 1));
            yield return Damage(file, "zeros", b => new byte[b.Length]);
        }

        yield return Damage("manifest.json", "of another format", b => Edited(b, "\"format\": 1", "\"format\": 2"));
        yield return Damage("manifest.json", "no JSON", _ => "step 2"u8.ToArray());
        yield return Damage("manifest.json", "other JSON", _ => "[1, 2]"u8.ToArray());
        yield return Damage("manifest.json", "of another step", b => Edited(b, "\"steps\": 2", "\"steps\": 1"));

        static TestCaseData Damage(string file, string name, Func<byte[], byte[]?> change) => new TestCaseData(file, change).SetArgDisplayNames(file, name);
        static byte[] Flip(byte[] bytes, int at) => [.. bytes[..at], (byte)(bytes[at] ^ 0x10), .. bytes[(at + 1)..]];
    }

    [SetUp]
    public void MakeFolder()
    {
        _damaged.Clear();
        _folder = new TempFolder();
        _store = new CheckpointStore(_folder.Path);
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void Figures_that_are_no_numbers_are_null_and_read_back_as_none(double loss)
    {
        TrainingProgress progress = Progress(12) with { LossSum = loss, Evaluation = new Evaluation(loss, 0.5, MacroF1: double.NaN) };
        byte[] bytes = Runs.Manifest(progress: progress).ToBytes();
        Assert.That(Encoding.UTF8.GetString(bytes), Does.Contain("\"loss_sum\": null").And.Contain("\"loss\": null"));
        TrainingProgress read = CheckpointManifest.Parse("manifest.json", bytes).Progress;
        Assert.That((read.LossSum, read.Evaluation!.Value.Loss, read.Evaluation.Value.MacroF1, read.Evaluation.Value.Accuracy), Is.EqualTo((double.NaN, double.NaN, (double?)null, (double?)0.5)));
    }

    [Test]
    public void A_checkpoint_is_read_as_it_was_written()
    {
        Save(12, 0x5A);
        Checkpoint read = Newest()!;
        Assert.That(read.Manifest.Progress, Is.EqualTo(Progress(12)));
        Assert.That(read.Manifest.Options, Is.EqualTo(Runs.Manifest().Options));
        Assert.That(read.Manifest.Files.Select(f => f.Name), Is.EqualTo((string[])["model.safetensors", "state.safetensors"]));
        Assert.That(File.ReadAllBytes(Path.Combine(read.Path, "model.safetensors")), Is.EqualTo(Enumerable.Repeat((byte)0x5A, 100)));
        Assert.That(Path.GetFileName(read.Path), Is.EqualTo("step-000012"));
        Assert.That(_damaged, Is.Empty);
    }

    [TestCaseSource(nameof(Damages))]
    public void A_damaged_one_is_recognised_and_the_one_before_is_used(string file, Func<byte[], byte[]?> change)
    {
        Save(1);
        Save(2);
        string path = _folder["checkpoints", "step-000002", file];
        if (change(File.ReadAllBytes(path)) is { } bytes)
        {
            File.WriteAllBytes(path, bytes);
        }
        else
        {
            File.Delete(path);
        }

        Assert.That(Newest()!.Manifest.Progress.Steps, Is.EqualTo(1));
        Assert.That(_damaged, Has.Count.EqualTo(1));
        Assert.That(_damaged[0], Does.Contain("step-000002"));
    }

    [Test]
    public void No_flipped_bit_of_a_manifest_goes_unnoticed()
    {
        byte[] bytes = Runs.Manifest(progress: Progress(1)).ToBytes();
        Assert.That(CheckpointManifest.Parse("x", bytes).Progress, Is.EqualTo(Progress(1)));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(() => CheckpointManifest.Parse("x", bytes), Throws.TypeOf<CheckpointException>(), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Test]
    public void A_manifest_cut_or_scrambled_anywhere_gives_the_one_exception()
    {
        byte[] bytes = Runs.Manifest(progress: Progress(1)).ToBytes();
        var random = new SeededRandom(5);
        for (int i = 0; i < bytes.Length - 2; i++)
        {
            Assert.That(() => CheckpointManifest.Parse("x", bytes.AsMemory(0, i)), Throws.TypeOf<CheckpointException>(), $"cut at {i}");
            byte[] scrambled = [.. bytes];
            scrambled.AsSpan(random.Next(bytes.Length - 8), 8).Fill((byte)random.Next(256));
            try
            {
                CheckpointManifest.Parse("x", scrambled);
            }
            catch (CheckpointException)
            {
                // The only one that may come out.
            }
        }
    }

    [Test]
    public void A_manifest_with_a_right_hash_and_wrong_contents_is_refused()
    {
        Assert.That(() => Parse(Runs.Manifest(progress: Progress(1) with { Epoch = 0 })), Throws.TypeOf<CheckpointException>());
        Assert.That(() => Parse(Runs.Manifest(progress: Progress(1)) with { OptionsDigest = "0" }), Throws.TypeOf<CheckpointException>());
        Assert.That(() => Parse(Runs.Manifest(progress: Progress(1)) with { Files = [new CheckpointFile("../x", 1, "")] }), Throws.TypeOf<CheckpointException>());
        Assert.That(() => Parse(Runs.Manifest(progress: Progress(1)) with { Files = [new CheckpointFile("x\0y", 1, "")] }), Throws.TypeOf<CheckpointException>());
        Assert.That(
            () => Parse(Runs.Manifest(progress: Progress(1)) with { Files = [new CheckpointFile("x", 1, ""), new CheckpointFile("x", 2, "")] }),
            Throws.TypeOf<CheckpointException>());
        Assert.That(() => Parse(Runs.Manifest(progress: Progress(1)) with { Format = 2 }), Throws.TypeOf<CheckpointException>().With.Message.Contains("format 2"));

        static void Parse(CheckpointManifest manifest) => CheckpointManifest.Parse("x", manifest.ToBytes());
    }

    [Test]
    public void Where_all_are_damaged_there_is_none()
    {
        Save(1);
        Save(2);
        foreach (string manifest in Directory.GetFiles(_folder.Path, "manifest.json", SearchOption.AllDirectories))
        {
            File.WriteAllText(manifest, "{}");
        }

        Assert.That(Newest(), Is.Null);
        Assert.That(_damaged, Has.Count.EqualTo(2));
    }

    [Test]
    public void The_newest_are_kept()
    {
        for (int step = 1; step <= 7; step++)
        {
            Save(step);
            _store.Prune(keep: 3);
        }

        Assert.That(_store.Steps, Is.EqualTo((int[])[7, 6, 5]));
        Assert.That(Directory.GetFileSystemEntries(_folder["checkpoints"]), Has.Length.EqualTo(3), "nothing else is left");
    }

    [Test]
    public void Steps_beyond_six_digits_are_in_order()
    {
        Save(999_999);
        Save(1_000_000);
        Assert.That(_store.Steps, Is.EqualTo((int[])[1_000_000, 999_999]));
    }

    [Test]
    public void A_crash_before_the_rename_leaves_the_one_before()
    {
        Save(1);
        Directory.CreateDirectory(_folder["checkpoints", "unfinished"]);
        foreach (string file in Directory.GetFiles(_folder["checkpoints", "step-000001"]))
        {
            File.Copy(file, _folder["checkpoints", "unfinished", Path.GetFileName(file)]);
        }

        Assert.That(Newest()!.Manifest.Progress.Steps, Is.EqualTo(1));
        Save(2);
        Assert.That(Newest()!.Manifest.Progress.Steps, Is.EqualTo(2));
        Assert.That(_damaged, Is.Empty);
        Assert.That(Directory.Exists(_folder["checkpoints", "unfinished"]), Is.False);
    }

    [Test]
    public async Task One_that_cannot_be_written_leaves_the_others_as_they_were()
    {
        Save(1);
        await Assert.ThatAsync(() => _store.SaveAsync(Runs.Manifest(progress: Progress(2)), (path, _) =>
        {
            File.WriteAllBytes(Path.Combine(path, "model.safetensors"), new byte[10]);
            throw new IOException("No space left on device");
        }), Throws.TypeOf<IOException>());
        Assert.That(Directory.GetFileSystemEntries(_folder["checkpoints"]).Select(Path.GetFileName), Is.EqualTo((string[])["step-000001"]));
        Assert.That(Newest()!.Manifest.Progress.Steps, Is.EqualTo(1));
    }

    [Test]
    public void Those_after_a_step_are_set_aside_and_not_used_again()
    {
        Save(1);
        Save(2);
        Save(3);
        Assert.That(_store.SetAsideAfter(1), Has.Count.EqualTo(2));
        Assert.That(_store.Steps, Is.EqualTo((int[])[1]));
        Save(2);
        Assert.That(_store.SetAsideAfter(1), Has.Count.EqualTo(1), "a second time too");
        Assert.That(Directory.GetDirectories(_folder["checkpoints"]), Has.Length.EqualTo(3));
    }

    [Test]
    public void Only_the_user_may_look_at_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has other rights.");
            return;
        }

        Save(1);
        foreach (string path in Directory.GetFileSystemEntries(_folder["checkpoints"], "*", SearchOption.AllDirectories).Append(_folder["checkpoints"]))
        {
            Assert.That(File.GetUnixFileMode(path) & (UnixFileMode)0b000_111_111, Is.EqualTo(UnixFileMode.None), path);
        }
    }

    private static byte[] Edited(byte[] manifest, string from, string to) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(manifest).Replace(from, to, StringComparison.Ordinal));

    private static TrainingProgress Progress(int steps) =>
        TrainingProgress.Start with { Epoch = 2, NextBatch = 3, Steps = steps, LossSum = 0.1 + 0.2, Hits = 7, Rows = 11, Evaluation = new Evaluation(1.0 / 3, 0.5) };

    private void Save(int step, byte content = 1) => _store.SaveAsync(Runs.Manifest(progress: Progress(step)), (path, _) =>
    {
        foreach (string file in new[] { "model.safetensors", "state.safetensors" })
        {
            PrivateFiles.WriteDurably(Path.Combine(path, file), Enumerable.Repeat(content, 100).ToArray());
        }

        return Task.CompletedTask;
    }).GetAwaiter().GetResult();

    private Checkpoint? Newest() => _store.FindNewest(int.MaxValue, e => _damaged.Add(e.Message));
}
