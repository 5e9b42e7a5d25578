using System.Diagnostics;
using TraversalLearning.Files;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Files;

/// <summary>What a program writes never takes the place of what is no file of its user's.</summary>
internal sealed class ReplacedFileTests
{
    private static readonly byte[] New = "new"u8.ToArray();
    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void A_file_is_the_old_one_until_it_is_whole_and_private_then()
    {
        string path = _folder.Write("file/a", "old"u8.ToArray());
        using (var file = ReplacedFile.Create(path))
        {
            file.Content.Write(New);
            Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
            file.Commit();
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        Assert.That(Directory.GetFiles(_folder["file"]), Has.Length.EqualTo(1));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
    }

    [Test]
    public void What_is_not_committed_leaves_nothing()
    {
        string path = _folder.Write("given-up/a", "old"u8.ToArray());
        ReplacedFile.Create(path).Dispose();
        ReplacedFile.Create(_folder["given-up", "b"]).Dispose();
        Assert.That(Directory.GetFiles(_folder["given-up"]), Is.EqualTo((string[])[path]));
        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
    }

    [Test]
    public void A_link_stays_and_what_it_names_is_replaced()
    {
        _folder.Write("links/target", "old"u8.ToArray());
        File.CreateSymbolicLink(_folder["links", "one"], "target");
        File.CreateSymbolicLink(_folder["links", "two"], "one");
        File.CreateSymbolicLink(_folder["links", "to-nothing"], "made");
        ReplacedFile.Write(_folder["links", "two"], New);
        ReplacedFile.Write(_folder["links", "to-nothing"], New);
        Assert.That(new FileInfo(_folder["links", "two"]).LinkTarget, Is.EqualTo("one"));
        Assert.That(new FileInfo(_folder["links", "one"]).LinkTarget, Is.EqualTo("target"));
        Assert.That((File.ReadAllText(_folder["links", "target"]), File.ReadAllText(_folder["links", "made"])), Is.EqualTo(("new", "new")));
    }

    [Test]
    [Platform("Linux")]
    public async Task A_pipe_is_written_into_and_nobody_is_waited_for()
    {
        Directory.CreateDirectory(_folder["pipes"]);
        string pipe = _folder["pipes", "p"];
        using (var make = Process.Start("mkfifo", pipe))
        {
            await make.WaitForExitAsync();
        }

        Assert.That(() => ReplacedFile.Create(pipe), Throws.TypeOf<IOException>().With.Message.EqualTo("nobody reads that pipe; start its reader first"));
        Task<string> reading = Task.Run(() => File.ReadAllText(pipe));
        for (int tries = 0; ; tries++)
        {
            try
            {
                ReplacedFile.Write(pipe, New);
                break;
            }
            catch (IOException) when (tries < 1000)
            {
                await Task.Delay(5);
            }
        }

        Assert.That(await reading, Is.EqualTo("new"));
        Assert.That(Directory.GetFiles(_folder["pipes"]), Is.EqualTo((string[])[pipe]));
    }

    [Test]
    [Platform("Linux")]
    public void A_device_is_written_into()
    {
        // Of the machine's own: through a link, so that a defect would replace the link at most.
        File.CreateSymbolicLink(_folder["full"], "/dev/full");
        using (var file = ReplacedFile.Create(_folder["full"]))
        {
            Assert.That(() => file.Content.Write(New), Throws.InstanceOf<IOException>());
        }

        Assert.That(new FileInfo(_folder["full"]).LinkTarget, Is.EqualTo("/dev/full"));
        Assert.That(() => ReplacedFile.Create(_folder.Path), Throws.TypeOf<IOException>().With.Message.EqualTo("it is a folder"));
    }
}
