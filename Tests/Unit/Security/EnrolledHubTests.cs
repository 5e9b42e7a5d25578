using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Security;

public sealed class EnrolledHubTests
{
    private TempFolder _folder = null!;

    [SetUp]
    public void Create() => _folder = new TempFolder();

    [TearDown]
    public void Delete() => _folder.Dispose();

    [TestCase("ca.example:12346")]
    [TestCase(null)]
    public void What_is_saved_is_loaded(string? authority)
    {
        var hub = new EnrolledHub(_folder.Path, "hub.example", 12345, 3) { Authority = authority, NodeCount = 2 };
        hub.Save();
        Assert.That(EnrolledHub.Load(_folder.Path), Is.EqualTo(hub));
    }

    [Test]
    public void The_file_has_the_names_of_the_flags()
    {
        new EnrolledHub(_folder.Path, "hub.example", 12345, 3) { Authority = "ca.example:12346" }.Save();
        string text = File.ReadAllText(_folder[EnrolledHub.FileName]).ReplaceLineEndings(string.Empty).Replace(" ", string.Empty, StringComparison.Ordinal);
        Assert.That(text, Is.EqualTo("""{"host":"hub.example","port":12345,"node_id":3,"ca":"ca.example:12346","nodes":1}"""));
    }

    [Test]
    public void All_are_found_by_name_and_folders_without_the_file_are_left_out()
    {
        foreach (string name in (string[])["b", "a"])
        {
            Directory.CreateDirectory(_folder[name]);
            new EnrolledHub(_folder[name], name, 1, 1).Save();
        }

        Directory.CreateDirectory(_folder["half"]);
        Assert.That(EnrolledHub.LoadAll(_folder.Path).Select(h => h.Host), Is.EqualTo((string[])["a", "b"]));
        Assert.That(EnrolledHub.LoadAll(_folder["nowhere"]), Is.Empty);
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("""{"host":"h","port":0,"node_id":1,"ca":null}""")]
    [TestCase("""{"host":"h","port":70000,"node_id":1,"ca":null}""")]
    [TestCase("""{"host":"h","port":1,"node_id":0,"ca":null}""")]
    [TestCase("""{"host":null,"port":1,"node_id":1,"ca":null}""")]
    public void A_damaged_file_is_named(string text)
    {
        _folder.Write(EnrolledHub.FileName, System.Text.Encoding.UTF8.GetBytes(text));
        UserErrorException? e = Assert.Throws<UserErrorException>(() => EnrolledHub.Load(_folder.Path));
        Assert.That(e!.Message, Does.StartWith($"cannot read '{_folder[EnrolledHub.FileName]}'"));
    }
}
