using TraversalLearning.Nodes.Blind;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Nodes.Blind;

/// <summary>What a node keeps of the keys of its runs.</summary>
internal sealed class GroupKeysTests
{
    private static readonly string Run = new('a', 32);

    private TempFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void A_key_survives_its_process_readable_by_its_owner_only()
    {
        string id;
        using (var keys = new GroupKeys(_folder["state"]))
        {
            Assert.That(keys.Find(Run), Is.Null);
            id = keys.Keep(Run, GroupKey.Create(Run)).Id;
            Assert.That(keys.Find(Run)!.Id, Is.EqualTo(id));
        }

        string file = Path.Combine(_folder["state"], Run, "group.key");
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        using var later = new GroupKeys(_folder["state"]);
        Assert.That(later.Find(Run)!.Id, Is.EqualTo(id));
        Assert.That(later.Find(new string('b', 32)), Is.Null, "another run has another key");
    }

    [Test]
    public void Without_a_folder_it_ends_with_the_process()
    {
        using (var keys = new GroupKeys(null))
        {
            keys.Keep(Run, GroupKey.Create(Run));
            Assert.That(keys.Find(Run), Is.Not.Null);
        }

        using var later = new GroupKeys(null);
        Assert.That(later.Find(Run), Is.Null);
    }

    [Test]
    public void Another_key_of_the_same_run_is_refused_and_the_first_one_stays()
    {
        using var keys = new GroupKeys(_folder["state"]);
        string id = keys.Keep(Run, GroupKey.Create(Run)).Id;
        using var other = GroupKey.Create(Run);
        Assert.That(() => keys.Keep(Run, other), Throws.TypeOf<KeyExchangeException>().With.Message.Contains("another key of this run"));
        using var later = new GroupKeys(_folder["state"]);
        Assert.That(later.Find(Run)!.Id, Is.EqualTo(id));
    }

    [Test]
    public void The_same_key_again_is_the_one_that_is_there()
    {
        using var keys = new GroupKeys(null);
        GroupKey first = keys.Keep(Run, GroupKey.Load(Run, new byte[32]));
        Assert.That(keys.Keep(Run, GroupKey.Load(Run, new byte[32])), Is.SameAs(first));
        Assert.That(keys.Keep(Run, first), Is.SameAs(first));
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(33)]
    public void A_file_of_another_length_is_an_error_that_says_which(int length)
    {
        string file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder["state"], Run)).FullName, "group.key");
        File.WriteAllBytes(file, new byte[length]);
        using var keys = new GroupKeys(_folder["state"]);
        Assert.That(() => keys.Find(Run), Throws.TypeOf<KeyExchangeException>().With.Message.Contains($"{length} bytes").And.Message.Contains(file));
    }
}
