export interface Block {
  page: string;
  line: number;
  language: string;
  words: string[];
  code: string;
}
export declare function pages(): Promise<string[]>;
export declare function blocksOf(page: string): Promise<Block[]>;
export declare function allBlocks(): Promise<Block[]>;
