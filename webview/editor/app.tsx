import { Stage } from './canvas/stage';
import type { Editor } from './editor';
import { CheatSheet } from './help/cheatSheet';
import { ObjectList } from './objects/objectList';
import { Banner } from './status/banner';
import { ConflictBar } from './status/conflictBar';
import { ProposalBar } from './status/proposalBar';
import { QuestionBar } from './status/questionBar';
import { StatusLine } from './status/statusLine';
import { Lanes } from './timeline/lanes';
import { Timeline } from './timeline/timeline';
import { Transport } from './timeline/transport';
import { ToolOptions } from './toolbar/toolOptions';
import { ToolPalette } from './toolbar/toolPalette';
import { Toolbar } from './toolbar/toolbar';

export function App({ editor }: { readonly editor: Editor }) {
  return (
    <div class="app">
      <Toolbar editor={editor} />
      <div class="banners">
        <Banner editor={editor} />
        <ConflictBar editor={editor} />
        <ProposalBar editor={editor} />
      </div>
      <main class="workbench">
        <ToolPalette editor={editor} />
        <div class="stage-area">
          <Stage editor={editor} />
          <ToolOptions editor={editor} />
          <QuestionBar editor={editor} />
        </div>
        <ObjectList editor={editor} />
      </main>
      <div class="strip">
        <Transport editor={editor} />
        <Timeline editor={editor} />
        <Lanes editor={editor} />
      </div>
      <StatusLine editor={editor} />
      {editor.store.helpOpen.value && <CheatSheet editor={editor} />}
    </div>
  );
}
